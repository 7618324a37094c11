"""Finding images: files, folders, URLs, videos and cameras."""

import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path
from urllib.error import URLError
from urllib.parse import unquote, urlparse
from urllib.request import urlopen

import cv2
import mmcv
import numpy as np

from mmseg_hrvit.datasets.folders import list_files
from mmseg_hrvit.datasets.image_files import IMAGE_SUFFIXES
from mmseg_hrvit.errors import DataError, InputError

VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.webm')
CAMERA = 'camera:'
MAX_DOWNLOAD = 64 * 2**20  # bytes
TIMEOUT = 30  # seconds


def find_images(source: str, without: Path | None = None) -> list[Path]:
    """Finds image files.

    Args:
        source (str): A file, a folder (with its subfolders), or a glob.
        without (Path, optional): Folder of results, in which no images are searched.
            Defaults to None.

    Returns:
        list[Path]: The files, sorted by name.

    Raises:
        InputError: If there is none, or the results would be in the folder of the
            images.
    """
    path = Path(source)
    if without and path.is_dir() and path.resolve() == without.resolve():
        raise InputError(
            f'--out {without} is the folder of the images: give another, or the next '
            'run would segment the results, too'
        )
    if path.is_dir():
        files = map(Path, list_files(source))
        found = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    elif has_magic(source) and not path.is_file():
        found = [Path(p) for p in glob(source, recursive=True) if Path(p).is_file()]
    else:
        found = [path] if path.is_file() else []
    if without and path not in found:
        results = without.resolve()
        found = [file for file in found if results not in file.resolve().parents]
    if not found:
        raise InputError(
            f'{source}: no image there; give a file, a folder with '
            f'{", ".join(IMAGE_SUFFIXES)} files, or a glob in quotes'
        )
    return sorted(found)


def is_address(source: str) -> bool:
    """Whether a source is an HTTP or HTTPS URL."""
    return source.startswith(('http://', 'https://'))


def is_video(source: str) -> bool:
    """Whether a source is a video file or a camera, ``camera:NUMBER``."""
    return source.startswith(CAMERA) or source.lower().endswith(VIDEO_SUFFIXES)


def download(address: str) -> tuple[str, np.ndarray]:
    """Downloads an image.

    Args:
        address (str): Its HTTP or HTTPS URL.

    Returns:
        tuple[str, np.ndarray]: Its file's name, and the image (H, W, 3), BGR.

    Raises:
        DataError: If it cannot be downloaded, is larger than ``MAX_DOWNLOAD``, or is
            not an image.
    """
    try:
        with urlopen(address, timeout=TIMEOUT) as response:
            data = response.read(MAX_DOWNLOAD + 1)
    except (URLError, OSError, ValueError) as error:
        raise DataError(f'{address}: cannot be downloaded ({error})') from error
    if len(data) > MAX_DOWNLOAD:
        raise DataError(f'{address}: is larger than {MAX_DOWNLOAD // 2**20} MiB')
    try:
        image = mmcv.imfrombytes(data)
    except Exception as error:  # decoders raise of many kinds
        raise DataError(f'{address}: is not an image ({error})') from error
    if image is None:
        raise DataError(f'{address}: is not an image')
    return Path(unquote(urlparse(address).path)).name or 'image', image


def open_video(source: str) -> cv2.VideoCapture:
    """Opens a video file or a camera.

    Args:
        source (str): The file, or ``camera:NUMBER``.

    Returns:
        cv2.VideoCapture: It gives frames (H, W, 3), BGR.

    Raises:
        InputError: If it cannot be opened.
    """
    number = source.removeprefix(CAMERA)
    is_camera = source.startswith(CAMERA)
    if is_camera and not number.isdigit():
        raise InputError(f'{source}: give the number of the camera, e.g. {CAMERA}0')
    try:
        video = cv2.VideoCapture(int(number) if is_camera else source)
    except cv2.error:  # no number of a camera is so large
        video = None
    if video is None or not video.isOpened():
        raise InputError(
            f'{source}: cannot be opened as a {"camera" if is_camera else "video"}'
        )
    return video


def names_below(paths: Sequence[Path], source: str) -> list[str]:
    """Names files by their paths below the folder that was given.

    Args:
        paths (Sequence[Path]): The files.
        source (str): The source by which they were found.

    Returns:
        list[str]: One for each file, all different.
    """
    root = Path(source)
    if root.is_dir():
        return [path.relative_to(root).as_posix() for path in paths]
    # Links keep their own names: several may lead to one file.
    whole = [os.path.abspath(path) for path in paths]
    shared = os.path.commonpath([os.path.dirname(path) for path in whole])
    return [Path(path).relative_to(shared).as_posix() for path in whole]
