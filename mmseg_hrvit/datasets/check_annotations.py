"""A transform that refuses label maps which do not fit their images."""

from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from mmseg_hrvit.errors import DataError

from .image_files import read_checked


@TRANSFORMS.register_module()
class CheckAnnotations(BaseTransform):
    """Refuses a label map whose size differs from the image.

    mmseg's transforms crop both in the same way, so the labels would shift unnoticed.
    Put this after ``LoadAnnotations``, and before anything that changes the label map.
    ``CheckedPipeline`` checks the values, because it knows the number of classes.

    Required keys: ori_shape, img_path; also gt_seg_map and seg_map_path if there is a
    label map (there is none in inference).
    """

    def transform(self, results: dict) -> dict:
        """Returns the results as they are.

        Args:
            results (dict): Image and label map, and their paths.

        Raises:
            DataError: If their sizes differ.
        """
        if 'gt_seg_map' not in results:
            return results
        size, label_size = tuple(results['ori_shape']), results['gt_seg_map'].shape
        if label_size != size:
            raise DataError(
                f'label map {results["seg_map_path"]} has the size {label_size}, but '
                f'its image {results["img_path"]} has {size}'
                f'{describe_turn(results["img_path"], label_size)}: make them equal'
            )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


def describe_turn(image: str, label_size: tuple[int, int]) -> str:
    """Says if a label map has the size of an image before EXIF rotates it."""
    header = read_checked(image)
    is_turned = header and header.orientation != 1 and header.size == label_size
    return f', rotated by EXIF (orientation {header.orientation})' if is_turned else ''
