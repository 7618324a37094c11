"""Writing a network to a file, and testing the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from torch import nn

from mmseg_hrvit.errors import InputError

from .formats import load_engine, open_format
from .graph import GraphOptions, InferenceGraph, Reference
from .metadata import Metadata
from .trace import trace
from .verify import TOLERANCE, label_agreement, largest_difference, random_batches


@dataclass(frozen=True)
class Trial:
    """How a file compares with the network in torch.

    Args:
        difference (float): From ``largest_difference``.
        agreement (float, optional): Share of labels that are the same, on images;
            None if there were none.
    """

    difference: float
    agreement: float | None


def write_network(
    segmentor: nn.Module,
    path: Path,
    metadata: Metadata,
    to: str,
    images: Sequence[np.ndarray] = (),
) -> Trial:
    """Writes a network to a file, and compares the file with the network.

    Args:
        segmentor (nn.Module): An ``EncoderDecoder`` in evaluation mode, on the CPU.
        path (Path): The file.
        metadata (Metadata): Describes the file: size, input, output, precision.
        to (str): The format, a key of ``FORMATS``.
        images (Sequence[np.ndarray]): Inputs of the graph, each (B, C, H, W), on
            which labels are compared and 'int8' is calibrated.

    Returns:
        Trial: The comparison.

    Raises:
        InputError: If the format cannot be written here, or if a file of 'fp32'
            differs from the network; nothing is written then.
    """
    form = open_format(to, metadata.precision)
    options = GraphOptions(metadata.output, normalize=not metadata.normalized)
    graph = InferenceGraph(segmentor, options).eval()
    channels = len(metadata.mean)
    program = trace(graph, channels, metadata.size)
    reference = Reference(segmentor, options, metadata.rgb)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix='export_') as folder:
        aside = Path(folder, path.name)
        form.write(program, aside, metadata, images)
        engine = load_engine(aside)
        batches = random_batches(metadata.size, channels, metadata.normalized)
        difference = largest_difference(engine, reference, batches)
        if not np.isfinite(difference):
            raise InputError(
                f'{path}: its output, or that of the network, is not finite: nothing '
                'was written; check the checkpoint, or try another precision'
            )
        if metadata.precision == 'fp32' and not difference <= TOLERANCE:
            raise InputError(
                f'{path}: its output would differ from the network by {difference:.1e},'
                f' more than {TOLERANCE}: nothing was written; try another format, or '
                'another version of its packages'
            )
        agreement = label_agreement(engine, reference, images) if images else None
        # The file itself comes last: once it exists, all that it needs exists, too.
        for file in sorted(Path(folder).iterdir(), key=lambda file: file == aside):
            file.replace(path.with_name(file.name))
    return Trial(difference, agreement)
