"""torch's own format, run by torch without the network's code."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.export import ExportedProgram

from mmseg_hrvit.errors import InputError

from ..metadata import KEY, Metadata
from .engine import Engine

ENTRY = f'{KEY}.json'


def write(
    program: ExportedProgram,
    path: Path,
    metadata: Metadata,
    images: Sequence[np.ndarray],
) -> None:
    """Writes a ``.pt2`` file.

    Args:
        program (ExportedProgram): From ``mmseg_hrvit.export.trace``.
        path (Path): The file.
        metadata (Metadata): Goes into the file.
        images (Sequence[np.ndarray]): Not used.
    """
    torch.export.save(program, path, extra_files={ENTRY: metadata.to_json()})


def load(path: Path, threads: int | None) -> Engine:
    """Loads what ``write`` wrote; like ``load_engine``, with torch's threads."""
    entries = {ENTRY: ''}
    try:
        program = torch.export.load(path, extra_files=entries)
    except Exception as error:  # of many kinds, one a way to be broken
        raise InputError(f'{path}: cannot be read by this torch') from error
    metadata = Metadata.from_json(entries[ENTRY], str(path))
    graph = program.module(check_guards=False)
    if threads is not None:
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def run(images: np.ndarray) -> np.ndarray:
        return graph(torch.from_numpy(images)).numpy()

    return Engine(run, metadata)
