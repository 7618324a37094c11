"""A server of files on this machine, for what is downloaded."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

COMMIT = 'c' * 40


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the files of a folder, without a word."""

    def log_message(self, *args):
        pass


class HubHandler(QuietHandler):
    """Answers for the files of a folder as the Hugging Face Hub does.

    ``OWNER/NAME/FILE`` of the folder is at ``OWNER/NAME/resolve/main/FILE``.
    """

    def translate_path(self, path):
        return super().translate_path(path.replace('/resolve/main/', '/'))

    def end_headers(self):
        file = Path(self.translate_path(self.path))
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            self.send_header('ETag', f'"{digest}"')
            self.send_header('X-Repo-Commit', COMMIT)
        elif file.parent.is_dir():
            self.send_header('X-Error-Code', 'EntryNotFound')
        else:
            self.send_header('X-Error-Code', 'RepoNotFound')
        super().end_headers()


@contextmanager
def serve_folder(folder: Path, handler: type = QuietHandler) -> Iterator[str]:
    """Serves a folder; yields the server's address."""
    server = http.server.ThreadingHTTPServer(
        ('127.0.0.1', 0), partial(handler, directory=folder)
    )
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()
