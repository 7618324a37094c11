"""The table of the networks in this package."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from mmseg_hrvit.errors import InputError

from .hashes import DIGITS, hash_of

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """A network of the table.

    Args:
        name (str): Its name.
        sha256 (str): Hash of its file.
        data (str): The data that it was trained on.
        miou (float): In percent, on the validation split, at a single scale.
    """

    name: str
    sha256: str
    data: str
    miou: float

    @property
    def path(self) -> Path:
        """Its file, which names the config that it was trained with."""
        return FOLDER / self.name / f'{self.name}-{self.sha256[:DIGITS]}.safetensors'

    def check(self) -> Path:
        """Checks that the file is the published one.

        Returns:
            Path: The file.

        Raises:
            InputError: If it is another one, damaged, or missing.
        """
        try:
            found = hash_of(self.path)
        except OSError as error:
            raise InputError(
                f'{self.path}: the weights called {self.name} cannot be read '
                f'({error.strerror}); install the package again'
            ) from error
        if found != self.sha256:
            raise InputError(
                f'{self.path}: is damaged or not the weights called {self.name} '
                f'(its SHA-256 begins with {found[:DIGITS]}); install the package again'
            )
        return self.path


@cache
def read_index() -> dict[str, Entry]:
    """Reads the table.

    Returns:
        dict[str, Entry]: The networks by their names.
    """
    table = yaml.safe_load((FOLDER / 'index.yaml').read_text(encoding='utf-8'))
    return {name: Entry(name=name, **entry) for name, entry in table.items()}
