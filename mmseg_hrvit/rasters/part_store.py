"""Storing the finished parts of a result on the disk until all are finished."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np

from mmseg_hrvit.checkpoints.durable import FULL
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import write_durably

from .grid import Part

PLAN = 'plan.json'


class PartStore:
    """A folder beside the result, with a file for each finished part.

    If the file of a part exists, it is complete, however the process ended.

    Args:
        folder (Path): The folder.
        plan (dict): Describes the parts: raster, network, windows. Values that JSON can
            hold.
    """

    def __init__(self, folder: Path, plan: dict) -> None:
        self.folder = folder
        self.plan = plan

    def begin(self) -> None:
        """Creates the folder, or takes over that of an earlier start.

        Raises:
            InputError: If it has parts of another plan, or cannot be written.
        """
        path = self.folder / PLAN
        if path.is_file():
            earlier = json.loads(path.read_text(encoding='utf-8'))
            other = [key for key in self.plan if earlier.get(key) != self.plan[key]]
            if other:
                raise InputError(
                    f'{self.folder} has parts of a run with another {", ".join(other)}'
                    ': delete the folder, or give another --out'
                )
            return
        self._write(PLAN, json.dumps(self.plan, indent=1).encode())

    def has(self, part: Part) -> bool:
        """Whether a part is done."""
        return self._path(part).is_file()

    def write(self, part: Part, **arrays: np.ndarray) -> None:
        """Writes a part.

        Args:
            part (Part): The part.
            arrays (np.ndarray): Its content, by name.

        Raises:
            InputError: If it cannot be written, usually because the disk is full.
        """
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        self._write(self._path(part).name, file.getvalue())

    def read(self, part: Part) -> dict[str, np.ndarray]:
        """Reads a part.

        Raises:
            InputError: If its file is broken. The file is then deleted.
        """
        path = self._path(part)
        try:
            with np.load(path) as arrays:
                return dict(arrays)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            path.unlink(missing_ok=True)
            raise InputError(
                f'{path} was broken ({error}), and is deleted: start the same command '
                'again'
            ) from error

    def delete(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, part: Part) -> Path:
        return self.folder / f'{part.name}.npz'

    def _write(self, name: str, data: bytes) -> None:
        try:
            write_durably(data, self.folder / name)
        except OSError as error:
            reason = 'the disk is full' if error.errno in FULL else error.strerror
            raise InputError(
                f'{self.folder / name} cannot be written ({reason}); the parts before '
                'it are complete: solve this, and run the same command again'
            ) from error
