"""SHA-256 of files, and the digits of it in file names."""

import hashlib
import re
from pathlib import Path

DIGITS = 8  # of a hash, in a name
CHUNK = 2**20  # bytes
# As torch.hub and OpenMMLab name files: NAME-HASH.pth. A date is no hash.
NAMED = re.compile(r'-(?!20\d{6}\.)([0-9a-f]{8,64})\.\w+$')


def hash_of(path: Path) -> str:
    """Returns the SHA-256 of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_in_name(name: str) -> str | None:
    """Returns the first digits of the SHA-256 in a file's name; None if it has none."""
    match = NAMED.search(name)
    return match and match[1]
