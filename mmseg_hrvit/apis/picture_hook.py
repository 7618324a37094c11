"""Pictures of a test: image, ground truth and prediction side by side."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.structures import SegDataSample

from mmseg_hrvit.datasets.checked_pipeline import innermost
from mmseg_hrvit.datasets.folders import image_root, name_below

from .inputs import read_image
from .overlay import Colours, draw_panels
from .picture_files import write_picture

OPACITY = 0.5


class PictureHook(Hook):
    """Draws every image of a test, its ground truth if it has one, and its prediction.

    Args:
        out (str | Path): The folder; it gets the same subfolders as the image folder of
            the data set.
    """

    def __init__(self, out: str | Path) -> None:
        self.out = Path(out)

    def before_test(self, runner: Runner) -> None:
        """Reads the classes and their colours."""
        dataset = runner.test_loop.dataloader.dataset
        metainfo = dataset.metainfo
        # Images of one name may lie in several folders.
        self.images = image_root(list(innermost(dataset)))
        self.colours = Colours(metainfo['classes'], metainfo['palette'])

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[SegDataSample] | None = None,
    ) -> None:
        """Writes the pictures of a batch."""
        for sample in outputs or ():
            image = read_image(sample.img_path)
            maps = {}
            if 'gt_sem_seg' in sample:
                maps['truth'] = to_array(sample.gt_sem_seg.data)
            maps['prediction'] = to_array(sample.pred_sem_seg.data)
            picture = draw_panels(image, maps, self.colours, OPACITY)
            path = self.out / name_below(sample.img_path, self.images)
            write_picture(path.with_suffix('.jpg'), picture)


def to_array(labels) -> np.ndarray:
    """Turns a label map (1, H, W) of mmseg into an array (H, W)."""
    return labels[0].cpu().numpy()
