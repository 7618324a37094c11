"""Segmenting many images, or a video, into a folder."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mmseg_hrvit.errors import DataError
from mmseg_hrvit.files import check_output

from .areas import count_areas, write_areas
from .inputs import read_image
from .origin import describe_file
from .overlay import draw_overlay
from .results import ResultFolder
from .segmenter import Segmenter
from .sources import open_video
from .video_file import VideoFile

FRAME_RATE = 25.0  # of a camera that does not report its own
SHORT = 0.98  # a video with a smaller share of its frames is incomplete


def show_progress() -> Progress:
    """Makes a progress bar with the time that is left."""
    return Progress(
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


def segment_files(
    segmenter: Segmenter,
    files: Sequence[tuple[str, Path]],
    folder: ResultFolder,
    batch_size: int,
) -> list[str]:
    """Segments image files; skips those that are done already.

    If a file cannot be read, this deletes its results from an earlier run.

    Args:
        segmenter (Segmenter): The network.
        files (Sequence[tuple[str, Path]]): Names and paths.
        folder (ResultFolder): Where results go.
        batch_size (int): Number of images in a batch.

    Returns:
        list[str]: What is wrong with each file that could not be read.
    """
    sources = {name: describe_file(path) for name, path in files}
    done = {name for name in sources if folder.is_done(name, sources[name])}
    todo = iter([file for file in files if file[0] not in done])
    bad = []
    with show_progress() as progress:
        task = progress.add_task('segmenting', total=len(files))
        progress.advance(task, len(done))
        while batch := list(islice(todo, batch_size)):
            images = {}
            for name, path in batch:
                try:
                    images[name] = read_image(path)
                except DataError as error:
                    folder.discard(name)
                    bad.append(str(error))
            results = segmenter(list(images.values()), batch_size=batch_size)
            for (name, image), result in zip(images.items(), results, strict=True):
                folder.write(name, image, result.labels, sources[name])
            progress.advance(task, len(batch))
    return bad


def segment_video(
    segmenter: Segmenter,
    source: str,
    folder: ResultFolder,
    table: Path,
    batch_size: int,
    max_frames: int | None = None,
    labels: bool = False,
) -> tuple[int, list[str]]:
    """Segments a video or a camera to a video of overlays.

    Args:
        segmenter (Segmenter): The network.
        source (str): A file, or ``camera:NUMBER``.
        folder (ResultFolder): ``overlays.mp4`` goes there.
        table (Path): Where the areas of every frame go.
        batch_size (int): Frames at a time.
        max_frames (int, optional): Stop after this number of frames. Defaults to None.
        labels (bool): Write the label map of every frame too, ``labels/NUMBER.png``.
            Defaults to False.

    Returns:
        tuple[int, list[str]]: Number of frames, and what is wrong with the source.

    Raises:
        InputError: If the source cannot be opened, or the results not be written.
        DataError: If no frame can be read.
    """
    out = folder.root / 'overlays.mp4'
    check_output(out, [source])
    video = open_video(source)
    rate = video.get(cv2.CAP_PROP_FPS) or FRAME_RATE
    told = max(int(video.get(cv2.CAP_PROP_FRAME_COUNT)), 0)  # 0 or less: not known
    total = min((n for n in (told, max_frames) if n), default=None)
    frames = islice(read_frames(video), max_frames)
    areas = []
    with show_progress() as progress, VideoFile(out, rate) as overlays:
        task = progress.add_task('segmenting', total=total)
        while batch := list(islice(frames, batch_size)):
            results = segmenter(batch, batch_size=batch_size)
            for frame, result in zip(batch, results, strict=True):
                if labels:
                    folder.write_labels(f'{len(areas):06d}', result.labels)
                areas.append(count_areas(result.labels, folder.metadata))
                args = result.labels, folder.metadata, folder.opacity
                # A video's frames have one size: so must the legend.
                overlays.write(draw_overlay(frame, *args, all_classes=True))
            progress.advance(task, len(batch))
        video.release()
        if not areas:
            raise DataError(f'{source}: no frame can be read: is the file complete?')
    write_areas([(f'{i:06d}', counts) for i, counts in enumerate(areas)], table)
    # Some containers only estimate the number.
    is_short = told and len(areas) < SHORT * total
    bad = f'{source}: only {len(areas)} of {total} frames can be read'
    return len(areas), [bad] if is_short else []


def read_frames(video: cv2.VideoCapture) -> Iterator[np.ndarray]:
    """Yields the frames (H, W, 3), BGR, until there are no more."""
    while True:
        ok, frame = video.read()
        if not ok:
            return
        yield frame
