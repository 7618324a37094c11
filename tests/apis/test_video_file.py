import cv2
import numpy as np
import pytest

from endings import refused
from mmseg_hrvit.apis.runs import read_frames
from mmseg_hrvit.apis.video_file import VideoFile

FRAME = np.full((40, 56, 3), 128, np.uint8)


def write(path, count, error=None):
    with VideoFile(path, 10.0) as video:
        for _ in range(count):
            video.write(FRAME)
        if error:
            raise error


def count_frames(path):
    return sum(1 for _ in read_frames(cv2.VideoCapture(str(path))))


def test_a_video_is_replaced_when_it_is_complete(tmp_path):
    path = tmp_path / 'a.mp4'
    write(path, 5)
    assert count_frames(path) == 5
    with pytest.raises(KeyboardInterrupt):
        write(path, 3, KeyboardInterrupt)
    write(path, 0)
    assert count_frames(path) == 5
    write(path, 3)
    assert count_frames(path) == 3
    assert [p.name for p in tmp_path.iterdir()] == ['a.mp4']


def test_a_video_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    path = tmp_path / 'none/a.mp4'
    with refused('a.mp4 cannot be written: check the folder'):
        write(path, 1)

    class Full:
        """A full disk: frames are lost in silence."""

        def __init__(self, *args):
            self.args = args

        def isOpened(self):
            return True

        def write(self, picture):
            self.lost = picture

        def release(self):
            self.args = ()

    monkeypatch.setattr(cv2, 'VideoWriter', Full)
    with refused('b.mp4 cannot be written'):
        write(tmp_path / 'b.mp4', 2)
    assert not [*tmp_path.iterdir()]
