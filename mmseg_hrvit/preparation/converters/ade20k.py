"""ADE20K as published: its zip already has the right layout."""

import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from mmseg_hrvit.apis.runs import show_progress
from mmseg_hrvit.datasets.image_files import check_image_file, check_label_file
from mmseg_hrvit.errors import DataError, InputError

from .config import write_moved_config

TOP = 'ADEChallengeData2016'
SPLITS = ('training', 'validation')
BASE = 'hrvit_b1_ade20k'


def convert_ade20k(source: Path, out: Path) -> list[str]:
    """Unpacks the zip, checks every pair, and writes a config.

    Args:
        source (Path): ``ADEChallengeData2016.zip``, or the folder unpacked from it.
        out (Path): New folder to unpack the zip into; or the folder itself.

    Returns:
        list[str]: What is wrong with each file.

    Raises:
        InputError: If the source is something else, or ``out`` exists already.
    """
    if source.is_dir():
        faults = check_folder(source)
        write_moved_config(source, BASE)
        return faults
    if out.exists():
        raise InputError(f'{out} already exists: give a new folder')
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        prefix=f'.{out.name}.', dir=out.absolute().parent
    ) as folder:
        faults = unpack(source, Path(folder))
        faults += check_folder(Path(folder, TOP))
        Path(folder, TOP).replace(out)
    write_moved_config(out, BASE)
    return faults


def unpack(source: Path, folder: Path) -> list[str]:
    """Unpacks a zip; skips broken files in it.

    Args:
        source (Path): The zip.
        folder (Path): Where to.

    Returns:
        list[str]: What is wrong with each skipped file.

    Raises:
        InputError: If it is not a zip file.
    """
    faults = []
    try:
        archive = ZipFile(source)
    except (BadZipFile, OSError) as error:
        raise InputError(
            f'{source} cannot be read as a zip ({error}): download it again'
        ) from error
    with archive, show_progress() as progress:
        names = archive.namelist()
        for name in progress.track(names, description='unpacking'):
            try:
                archive.extract(name, folder)
            except (BadZipFile, zlib.error) as error:
                Path(folder, name).unlink(missing_ok=True)
                faults.append(
                    f'{source}: {name} is broken ({error}): download it again'
                )
    return faults


def check_folder(root: Path) -> list[str]:
    """Checks that images and label maps are complete, and in pairs.

    Args:
        root (Path): Folder of the data set.

    Returns:
        list[str]: What is wrong, each with its path.

    Raises:
        InputError: If it is not such a folder.
    """
    faults = []
    for split in SPLITS:
        images = find_files(root / 'images' / split, '.jpg')
        maps = find_files(root / 'annotations' / split, '.png')
        if not images or not maps:
            raise InputError(
                f'{root}: no pairs in images/{split} and annotations/{split}; give '
                f'{TOP}.zip of the benchmark, or the folder in it'
            )
        for stem in sorted(images.keys() ^ maps.keys()):
            path = images.get(stem) or maps[stem]
            faults.append(f'{path} has no partner: unpack the zip again')
        for check, files in ((check_image_file, images), (check_label_file, maps)):
            for path in files.values():
                try:
                    check(str(path))
                except DataError as error:
                    faults.append(str(error))
    return faults


def find_files(folder: Path, suffix: str) -> dict[str, Path]:
    """Returns the files of a folder by their names without suffix."""
    return {path.stem: path for path in sorted(folder.glob(f'*{suffix}'))}
