"""Hiding lines of other packages that are known to be harmless.

Each line is matched by its text, and by its module if Python gives it. Everything else
is shown.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import TextIOBase

# Message (a regular expression from its start) and module of warnings.
HARMLESS = (
    # None of the networks here has a deformable attention.
    ('Fail to import ``MultiScaleDeformableAttention``', r'mmcv\.'),
    # The authors of SegFormer average over all pixels too.
    ('Default ``avg_non_ignore`` is False', r'mmseg\.'),
    # The hook is there for --show-dir, and draws when that is given.
    ('The draw is False', r'mmseg\.'),
    # mmengine adds the axis that mmseg's label maps lack.
    ('The shape of value will convert from', r'mmengine\.'),
    # A gradient of a 1 x 1 convolution in channels_last; it costs a copy.
    ('Grad strides do not match bucket view strides', ''),
)
# Printed when mmseg and mmpretrain are imported: they look for a service's client.
PRINTED = 'Could not import OneDL\n'


def ignore_harmless_warnings() -> None:
    """Adds filters for ``HARMLESS`` to those of Python."""
    for message, module in HARMLESS:
        warnings.filterwarnings('ignore', message=message, module=module)


class KnownLinesDropped(TextIOBase):
    """A stream that passes on everything except one line.

    Args:
        stream (TextIOBase): Where the rest goes.
        line (str): The line, with its end.
    """

    def __init__(self, stream: TextIOBase, line: str) -> None:
        self.stream = stream
        self.line = line
        self.held = ''

    def write(self, text: str) -> int:
        """Writes text that can no longer become the line."""
        self.held += text
        while self.held and not self.line.startswith(self.held):
            if self.held.startswith(self.line):
                self.held = self.held.removeprefix(self.line)
                continue
            end = self.held.find('\n') + 1 or len(self.held)
            self.stream.write(self.held[:end])
            self.held = self.held[end:]
        if self.held == self.line:
            self.held = ''
        return len(text)

    def flush(self) -> None:
        """Flushes the stream."""
        self.stream.flush()

    def finish(self) -> None:
        """Writes the text that is held back, because it did not become the line."""
        self.stream.write(self.held)
        self.held = ''


@contextmanager
def imports_quiet() -> Iterator[None]:
    """Imports other packages without ``PRINTED``."""
    stream = KnownLinesDropped(sys.stdout, PRINTED)
    try:
        with redirect_stdout(stream):
            yield
    finally:
        stream.finish()
