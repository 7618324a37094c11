"""What ``hrvit demo`` does."""

from argparse import Namespace
from pathlib import Path

from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.areas import is_table
from mmseg_hrvit.apis.origin import describe_model
from mmseg_hrvit.apis.results import ResultFolder
from mmseg_hrvit.apis.runs import segment_files, segment_video
from mmseg_hrvit.apis.sources import (
    download,
    find_images,
    is_address,
    is_video,
    names_below,
)
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import check_output
from mmseg_hrvit.words import number_of

from .demo_rasters import (
    is_raster,
    join_processes,
    name_table,
    segment_rasters,
    tell_skipped,
)


def run(args: Namespace) -> int:
    """Segments the source; returns the exit status."""
    if args.batch_size < 1 or (args.max_frames is not None and args.max_frames < 1):
        raise InputError('--batch-size and --max-frames: give 1 or more')
    source = args.source
    table = name_table(args.out, args.areas)
    is_folder = not (is_address(source) or is_video(source))
    # Before the network is loaded.
    paths = find_images(source, without=args.out) if is_folder else []
    names = names_below(paths, source) if is_folder else []
    check_output(table, paths, is_table)
    index, count = join_processes()
    segmenter = Segmenter.from_arguments(args.model, args.device)
    if is_folder and (is_raster(source) or segmenter.metadata.bands):
        return segment_rasters(segmenter, paths, args, index, count)
    if count > 1:
        raise InputError(
            'several processes can only share a raster: start one for images'
        )
    model = describe_model(args.model)
    folder = ResultFolder(args.out, segmenter.metadata, args.opacity, model, names)
    if is_video(source):
        return run_video(segmenter, folder, table, args)
    if is_address(source):
        name, image = download(source)
        folder.write(name, image, segmenter(image).labels, source)
        names, bad = [name], []
    else:
        files = list(zip(names, paths, strict=True))
        bad = segment_files(segmenter, files, folder, args.batch_size)
    folder.write_table(names, table)
    print(f'{number_of(len(names) - len(bad), "image")}: {args.out}')
    if others := folder.count_others(names):
        print(f'the folder also has {number_of(others, "label map")} of other images')
    return tell_skipped(bad, len(names))


def run_video(
    segmenter: Segmenter, folder: ResultFolder, table: Path, args: Namespace
) -> int:
    """Segments a video; returns the exit status."""
    frames, bad = segment_video(
        segmenter,
        args.source,
        folder,
        table,
        args.batch_size,
        args.max_frames,
        args.labels,
    )
    print(f'{number_of(frames, "frame")}: {args.out}')
    return tell_skipped(bad, frames)
