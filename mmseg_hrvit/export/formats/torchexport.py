"""torch's own format, run by torch without the network's code."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.export import ExportedProgram

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.quiet import logger_quiet

from ..metadata import KEY, Metadata
from .engine import Engine, check_shape

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
        with logger_quiet('torch.export'):  # it prints a traceback of its own
            program = torch.export.load(path, extra_files=entries)
    except Exception as error:  # of many kinds, one a way to be broken
        raise InputError(
            f'{path}: is damaged, or cannot be read by torch {torch.__version__}: '
            'export it again'
        ) from error
    metadata = Metadata.from_json(entries[ENTRY], str(path))
    check_shape(input_shape(program), metadata, path)
    graph = program.module(check_guards=False)
    if threads is not None:
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def run(images: np.ndarray) -> np.ndarray:
        return graph(torch.from_numpy(images)).numpy()

    return Engine(run, metadata)


def input_shape(program: ExportedProgram) -> torch.Size:
    """Returns the shape of a program's input; sides that are free are symbols."""
    name = program.graph_signature.user_inputs[0]
    node = next(node for node in program.graph.nodes if node.name == name)
    return node.meta['val'].shape
