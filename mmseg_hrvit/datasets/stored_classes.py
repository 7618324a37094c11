"""Training on some of the classes that label maps have."""

from collections.abc import Sequence

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.errors import InputError

from .check_labels import IGNORED


@DATASETS.register_module()
class StoredClassesDataset(BaseSegDataset):
    """A ``BaseSegDataset`` that trains only some of the classes of its label maps.

    mmseg reads the classes of label maps from ``METAINFO`` of the data set's Python
    class. This data set gets them as an argument, and ignores those that ``metainfo``
    does not name.

    Args:
        stored_classes (Sequence[str], optional): Classes of the label maps, in the
            order of their numbers. Defaults to None: those of ``metainfo``.
        kwargs: All arguments of mmseg's ``BaseSegDataset``.

    Raises:
        InputError: If ``metainfo`` names a class that the label maps do not have.
    """

    def __init__(self, stored_classes: Sequence[str] | None = None, **kwargs) -> None:
        self.stored_classes = stored_classes
        super().__init__(**kwargs)

    def get_label_map(self, new_classes: Sequence[str] | None = None) -> dict | None:
        """Maps the numbers in label maps to those of the trained classes."""
        if self.stored_classes is None:
            return super().get_label_map(new_classes)
        unknown = set(new_classes) - set(self.stored_classes)
        if unknown:
            raise InputError(
                f'metainfo.classes has {", ".join(sorted(unknown))}, which '
                'stored_classes does not have: add them there'
            )
        numbers = {name: i for i, name in enumerate(new_classes)}
        return {
            i: numbers.get(name, IGNORED) for i, name in enumerate(self.stored_classes)
        }
