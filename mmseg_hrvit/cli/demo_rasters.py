"""What ``hrvit demo`` does with rasters."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.areas import write_areas
from mmseg_hrvit.apis.origin import describe_model, identify
from mmseg_hrvit.apis.results import short_names
from mmseg_hrvit.apis.runs import show_progress
from mmseg_hrvit.apis.sources import names_below
from mmseg_hrvit.engine.exit_codes import INPUT_ERROR, SOME_BAD
from mmseg_hrvit.engine.ranks import get_local_rank, get_rank
from mmseg_hrvit.errors import DataError
from mmseg_hrvit.rasters.geotiff import SUFFIXES as GEOTIFFS
from mmseg_hrvit.rasters.reading import describe_pages
from mmseg_hrvit.rasters.segment import Options, RasterSegmentation, count_classes
from mmseg_hrvit.words import number_of, one_line

SUFFIXES = ('.tif', '.tiff', '.vrt', '.jp2', '.img')
DAYS = 30  # that processes wait for each other


def is_raster(source: str) -> bool:
    """Whether a source is a raster file."""
    return Path(source).suffix.lower() in SUFFIXES


def join_processes() -> tuple[int, int]:
    """Joins the processes that the launcher has started.

    Returns:
        tuple[int, int]: The number of this one, and how many there are.
    """
    count = int(os.environ.get('WORLD_SIZE', 1))
    if count > 1:
        if torch.cuda.is_available():
            torch.cuda.set_device(get_local_rank())
        distributed.init_process_group('gloo', timeout=timedelta(days=DAYS))
    return get_rank(), count


def segment_rasters(
    segmenter: Segmenter, paths: Sequence[Path], args: Namespace, index: int, count: int
) -> int:
    """Segments rasters into GeoTIFFs.

    Args:
        segmenter (Segmenter): The network.
        paths (Sequence[Path]): The rasters.
        args (Namespace): The command line.
        index (int): Number of this process.
        count (int): Processes.

    Returns:
        int: The exit status.
    """
    options = Options(args.bands, args.window, args.stride, args.probabilities)
    network = identify([segmenter.metadata.to_json(), *describe_model(args.model)])
    names = names_below(paths, args.source)
    outs = name_results(args.out, names)
    areas, bad = [], []
    for path, name in zip(paths, names, strict=True):
        try:
            areas.append(
                (
                    name,
                    segment(
                        segmenter, path, outs[name], options, network, index, count
                    ),
                )
            )
        except DataError as error:
            if len(paths) == 1:
                raise
            bad.append(str(error))
    if index == 0:
        write_areas(areas, name_table(args.out, args.areas))
        print(f'{number_of(len(areas), "raster")}: {args.out}')
        return tell_skipped(bad, len(paths))
    return 0


def tell_skipped(bad: Sequence[str], total: int) -> int:
    """Prints which files were skipped; returns the exit status.

    Args:
        bad (Sequence[str]): What is wrong with each of them.
        total (int): Files in all.
    """
    for message in bad:
        print(f'skipped: {one_line(message)}', file=sys.stderr)
    if len(bad) == total:
        return INPUT_ERROR
    return SOME_BAD if bad else 0


def segment(
    segmenter: Segmenter,
    path: Path,
    out: Path,
    options: Options,
    network: str,
    index: int,
    count: int,
) -> dict[str, int]:
    """Segments one raster; returns the pixels of each class."""
    job = RasterSegmentation(
        segmenter.segmentor, segmenter.metadata, path, out, options, network
    )
    if index == 0 and (note := describe_pages(job.raster)):
        print(note, file=sys.stderr)
    with show_progress() as progress:
        progress.disable = index > 0
        task = progress.add_task(path.name, total=None)
        job.run(
            index,
            count,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    return count_classes(out, segmenter.metadata) if index == 0 else {}


def name_table(out: Path, kind: str) -> Path:
    """Chooses the file for the areas of the classes, 'csv' or 'json'."""
    is_file = out.suffix.lower() in GEOTIFFS
    return out.with_suffix(f'.{kind}') if is_file else out / f'areas.{kind}'


def name_results(out: Path, names: Sequence[str]) -> dict[str, Path]:
    """Chooses the file for the labels of each raster."""
    if out.suffix.lower() in GEOTIFFS and len(names) == 1:
        return {names[0]: out}
    stems = short_names(names)
    return {name: out / 'labels' / f'{stem}.tif' for name, stem in stems.items()}
