"""Files in repositories of the Hugging Face Hub."""

import re
from pathlib import Path

from mmseg_hrvit.errors import InputError

from .hashes import hash_of

SCHEME = 'hf://'
REPOSITORY = r'\w[\w.-]*/\w[\w.-]*'
ADDRESS = re.compile(
    rf'(?:{SCHEME})?(?P<repo>{REPOSITORY})(?:@(?P<revision>[^/]+))?(?:/(?P<file>.+))?'
)
SHA256 = re.compile('[0-9a-f]{64}')


def fetch(address: str) -> Path:
    """Downloads a file of a repository, unless its cache has it.

    Args:
        address (str): ``hf://OWNER/REPOSITORY``, whose file is
            ``model.safetensors``; ``@REVISION`` and ``/FILE`` may follow.

    Returns:
        Path: The file, in the cache of huggingface_hub.

    Raises:
        InputError: If huggingface_hub is not installed, the file cannot be downloaded,
            or the one in the cache is damaged.
    """
    try:
        from huggingface_hub import constants, hf_hub_download
    except ImportError as error:
        raise InputError(
            f'{address}: is not a file, and a repository of the Hugging Face Hub '
            'needs huggingface_hub: pip install huggingface_hub'
        ) from error
    match = ADDRESS.fullmatch(address)
    if not match:
        raise InputError(
            f'{address}: is not the address of a file; write {SCHEME}OWNER/REPOSITORY, '
            'or that with @REVISION and /FILE'
        )
    repo, revision, file = match.group('repo', 'revision', 'file')
    file = file or constants.SAFETENSORS_SINGLE_FILE
    try:
        path = Path(hf_hub_download(repo, file, revision=revision))
    except Exception as error:  # of the network, of the disk, or its own
        reason = ' '.join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f'{address}: cannot be downloaded from the Hugging Face Hub ({reason}); '
            'check the name, or the path if it is a file'
        ) from error
    check(path)
    return path


def check(path: Path) -> None:
    """Raises InputError if a large file is not what its cache says.

    Args:
        path (Path): A link to a file that is named by its SHA-256. Small text files are
            named by git's hash, which is not checked.
    """
    kept = path.resolve()
    if SHA256.fullmatch(kept.name) and hash_of(kept) != kept.name:
        raise InputError(
            f'{kept}: is damaged: its SHA-256 differs from its name; delete it to have '
            'it downloaded again'
        )
