"""Writing a video that is always complete."""

from pathlib import Path

import cv2
import numpy as np

from mmseg_hrvit.errors import InputError

CODEC = 'mp4v'


class VideoFile:
    """A video file to write. As a context manager, it completes the file.

    The frames go to a file beside it, which replaces an older video at the end. If
    there was an error, or no frame, the older one stays.

    Args:
        path (Path): The file, ``.mp4``.
        rate (float): Frames per second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self.rate = rate
        self.aside = path.with_name(f'{path.stem}.part{path.suffix}')
        self.writer: cv2.VideoWriter | None = None
        self.count = 0

    def write(self, picture: np.ndarray) -> None:
        """Adds a frame.

        Args:
            picture (np.ndarray): (H, W, 3), BGR, 8 bits; all have the same size.

        Raises:
            InputError: If the file cannot be written.
        """
        if self.writer is None:
            code = cv2.VideoWriter_fourcc(*CODEC)
            size = picture.shape[1::-1]
            self.writer = cv2.VideoWriter(str(self.aside), code, self.rate, size)
            if not self.writer.isOpened():
                raise self._cannot_write()
        self.writer.write(picture)
        self.count += 1

    def __enter__(self) -> 'VideoFile':
        return self

    def __exit__(self, kind: type | None, *error) -> None:
        if self.writer is None:
            return
        self.writer.release()
        try:
            if kind is None:
                self._complete()
        finally:
            self.aside.unlink(missing_ok=True)

    def _complete(self) -> None:
        # OpenCV says nothing if the disk is full.
        video = cv2.VideoCapture(str(self.aside))
        if int(video.get(cv2.CAP_PROP_FRAME_COUNT)) != self.count:
            raise self._cannot_write()
        self.aside.replace(self.path)

    def _cannot_write(self) -> InputError:
        return InputError(
            f'{self.path} cannot be written: check the folder and its free space'
        )
