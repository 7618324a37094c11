"""A data set's pipeline that names, counts and skips samples it cannot use."""

import logging
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence

import torch
from mmcv.transforms import LoadAnnotations, LoadImageFromFile
from mmengine.dataset import BaseDataset, Compose
from mmengine.logging import print_log
from mmseg.datasets.transforms import LoadAnnotations as LoadLabelMap
from torch.utils.data import Dataset

from mmseg_hrvit.errors import DataError

from .check_labels import IGNORED, check_labels
from .image_files import check_complete, check_image_file, check_label_file, unreadable

# The transforms that read files, and where they find the path.
READERS = (('img_path', LoadImageFromFile), ('seg_map_path', LoadAnnotations))
PATHS = tuple(key for key, _ in READERS)
# Those of mmcv's decoders that make 8 bits and three channels of every file.
BACKENDS, COLOUR_TYPES = ('cv2', 'pillow', 'turbojpeg'), ('color', 'grayscale')


class UnusableSamples:
    """The unusable samples of a data set, shared by all workers.

    Args:
        num_samples (int): Samples of the data set.
        max_share (float): The share of them that may be skipped.
    """

    def __init__(self, num_samples: int, max_share: float) -> None:
        self.max_share = max_share
        # In shared memory: a worker marks its own sample, so none disturbs another.
        self.marks = torch.zeros(num_samples, dtype=torch.uint8).share_memory_()

    def skip(self, data: dict, error: DataError) -> None:
        """Marks a sample and logs it.

        Args:
            data (dict): The data set's record of the sample.
            error (DataError): What is wrong with it.

        Raises:
            DataError: ``error``, if no sample may be skipped, or one that says that
                there are too many.
        """
        if self.max_share == 0:
            raise error
        index = self._number(data)
        is_known = bool(self.marks[index])
        self.marks[index] = 1
        count, total = int(self.marks.sum()), len(self.marks)
        if count > self.max_share * total:
            raise DataError(
                f'{count} of {total} samples cannot be used, more than '
                f'max_unusable_share={self.max_share}; the last one: {error}'
            )
        if not is_known:
            # As an error, or the other ranks would say nothing.
            print_log(
                f'skipped (sample {count} of {total} that cannot be used): {error}',
                logger='current',
                level=logging.ERROR,
            )

    def _number(self, data: dict) -> int:
        index = data.get('sample_idx')
        if isinstance(index, int) and -len(self.marks) <= index < len(self.marks):
            return index
        # A data set that prepares its samples in its own way may not number them.
        return zlib.crc32(str(data.get('img_path')).encode()) % len(self.marks)


class CheckedPipeline(Compose):
    """A pipeline that names the files of a sample that it cannot use.

    It refuses files that are missing, truncated, not images, or too large to be
    decoded; files that would be read as something else (``image_files``); label maps of
    another size (``CheckAnnotations``); and label values that are not a class. In
    training it skips such a sample, so the data set draws another one, as long as there
    are few enough. In evaluation the first one is an error.

    Args:
        pipeline (Compose): The data set's own.
        unusable (UnusableSamples): Where they are counted.
        num_classes (int, optional): Classes of the data set; None: labels are not
            checked. Defaults to None.
        ignored (Collection[int]): Label values that are ignored. Defaults to 255.
    """

    def __init__(
        self,
        pipeline: Compose,
        unusable: UnusableSamples,
        num_classes: int | None = None,
        ignored: Collection[int] = (IGNORED,),
    ) -> None:
        super().__init__(pipeline.transforms)
        self.checks = choose_checks(pipeline.transforms)
        self.unusable = unusable
        self.num_classes = num_classes
        self.ignored = ignored

    def __call__(self, data: dict) -> dict | None:
        """Returns the transformed sample, or None if it is skipped.

        Args:
            data (dict): The data set's record of the sample.

        Raises:
            DataError: If it cannot be used and may not be skipped.
        """
        if not isinstance(data, dict):  # of a data set's own prepare_data
            return super().__call__(data)
        known = {key: data.get(key) for key in ('sample_idx', *PATHS)}
        try:
            for key, check in self.checks.items():
                if isinstance(known[key], str):
                    check(known[key])
            for transform in self.transforms:
                data = run(transform, data)
                if data is None:
                    return None
            self._check_labels(data)
        except DataError as error:
            self.unusable.skip(known, error)
            return None
        return data

    def _check_labels(self, data: object) -> None:
        samples = data.get('data_samples') if isinstance(data, dict) else None
        # Test-time augmentation packs a list, a sample for each view.
        for sample in samples if isinstance(samples, list) else [samples]:
            if self.num_classes is not None and sample is not None:
                check_labels(sample, self.num_classes, self.ignored)


def choose_checks(transforms: Sequence[object]) -> dict[str, Callable[[str], None]]:
    """Chooses the checks for the files of a pipeline.

    Loaders of other classes than mmcv's and mmseg's may read other kinds of files: for
    these, it only checks that files are complete.

    Args:
        transforms (Sequence[Callable]): The transforms of the pipeline.

    Returns:
        dict[str, Callable[[str], None]]: Checks by the key of the path.
    """
    images = [t for t in transforms if isinstance(t, LoadImageFromFile)]
    labels = [t for t in transforms if isinstance(t, LoadAnnotations)]
    has_plain_images = bool(images) and all(map(is_plain, images))
    has_plain_labels = bool(labels) and all(type(x) is LoadLabelMap for x in labels)
    return dict(
        img_path=check_image_file if has_plain_images else check_complete,
        seg_map_path=check_label_file if has_plain_labels else check_complete,
    )


def is_plain(loader: LoadImageFromFile) -> bool:
    """Whether a loader converts every file to 8 bits and three channels."""
    return (
        type(loader) is LoadImageFromFile
        and loader.imdecode_backend in BACKENDS
        and loader.color_type.startswith(COLOUR_TYPES)
    )


def run(transform: object, data: dict) -> dict | None:
    """Runs a transform; if it is a loader, its error names the file.

    Args:
        transform (Callable): A transform of the pipeline.
        data (dict): The sample so far.

    Returns:
        dict | None: The sample, or None if the transform rejected it.

    Raises:
        DataError: If a loader failed. Errors of other transforms pass through.
    """
    key = next((key for key, loader in READERS if isinstance(transform, loader)), None)
    try:
        return transform(data)
    except Exception as error:  # a broken file can raise almost anything
        if key is None or isinstance(error, DataError):
            raise
        raise unreadable(data.get(key), error) from error


def check_samples(
    dataset: Dataset, max_share: float, ignored: Collection[int] = ()
) -> None:
    """Gives data sets pipelines that check every sample.

    Args:
        dataset (Dataset): A data set, or a wrapper around some. Changed in place,
            unless its pipeline is not mmengine's ``Compose``.
        max_share (float): The share of samples that may be skipped in training.
        ignored (Collection[int]): Label values that the network ignores. Defaults to
            (): the data set's ``ignore_index``.
    """
    for part in innermost(dataset):
        if not isinstance(getattr(part, 'pipeline', None), Compose):
            continue
        unusable = UnusableSamples(len(part), 0.0 if part.test_mode else max_share)
        add_checks(part, unusable, ignored)


def add_checks(
    dataset: BaseDataset, unusable: UnusableSamples, ignored: Collection[int]
) -> None:
    """Gives a data set a pipeline that checks every sample.

    Args:
        dataset (BaseDataset): The data set, changed in place.
        unusable (UnusableSamples): Where unusable samples are counted.
        ignored (Collection[int]): As in ``check_samples``.
    """
    classes = dataset.metainfo.get('classes')
    dataset.pipeline = CheckedPipeline(
        dataset.pipeline,
        unusable,
        None if classes is None else len(classes),
        {*ignored} or {getattr(dataset, 'ignore_index', IGNORED)},
    )


def innermost(dataset: Dataset) -> Iterator[BaseDataset]:
    """Yields mmengine's data sets inside wrappers like ConcatDataset."""
    if isinstance(dataset, BaseDataset):
        yield dataset
    else:
        single = [dataset.dataset] if hasattr(dataset, 'dataset') else []
        for part in getattr(dataset, 'datasets', single):
            yield from innermost(part)
