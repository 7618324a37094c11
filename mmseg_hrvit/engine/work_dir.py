"""What a launcher learns about a run from its work directory."""

import os
import sys
from argparse import Namespace
from contextlib import redirect_stdout
from pathlib import Path

from mmseg_hrvit.errors import InputError

from .cli import load_config
from .resume import LAST
from .stop_reason import STOP_REASON, read_stop_reason


class WorkDir:
    """A run's work directory, and what has changed in it since the last ``look``.

    Args:
        path (str | Path, optional): The directory. None: not known, because something
            is wrong with the config.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)
        self.look()

    @classmethod
    def of(cls, args: Namespace) -> 'WorkDir':
        """Finds the work directory of a training run.

        Args:
            args (Namespace): The arguments of train.py.

        Raises:
            InputError: If there is no such config.
        """
        environ = dict(os.environ)
        try:
            with redirect_stdout(sys.stderr):
                return cls(load_config(args).work_dir)
        except InputError:
            raise
        except Exception:  # a config is a program; the processes report its errors
            return cls(None)
        finally:
            os.environ.clear()
            os.environ.update(environ)

    def look(self) -> None:
        """Notes the current state."""
        self._before = {name: self._stamp(name) for name in (STOP_REASON, LAST)}

    def _stamp(self, name: str) -> int | None:
        path = self.path and self.path / name
        return path.stat().st_mtime_ns if path and path.is_file() else None

    def _is_new(self, name: str) -> bool:
        return self._stamp(name) not in (None, self._before[name])

    @property
    def reason(self) -> str | None:
        """Why the run has stopped; None if it has not written a reason."""
        return read_stop_reason(self.path) if self._is_new(STOP_REASON) else None

    @property
    def has_saved(self) -> bool:
        """Whether the run has written a checkpoint."""
        return self._is_new(LAST)
