"""A data set's pipeline that names, counts and skips samples it cannot use."""

import logging
from collections.abc import Iterator

import torch
from mmcv.transforms import LoadAnnotations, LoadImageFromFile
from mmengine.dataset import BaseDataset, Compose
from mmengine.logging import print_log
from torch.utils.data import Dataset

from mmseg_hrvit.errors import DataError

from .check_labels import check_labels
from .image_files import check_image_file, unreadable

# What the loaders read: the key of the path, and the loader.
LOADERS = (('img_path', LoadImageFromFile), ('seg_map_path', LoadAnnotations))


class UnusableSamples:
    """Which samples of a data set could not be used, known to all workers.

    Args:
        num_samples (int): Samples of the data set.
        max_share (float): The share of them that may be skipped.
    """

    def __init__(self, num_samples: int, max_share: float) -> None:
        self.max_share = max_share
        # In shared memory: a worker marks its own sample, so none disturbs another.
        self.marks = torch.zeros(num_samples, dtype=torch.uint8).share_memory_()

    def skip(self, index: int, error: DataError) -> None:
        """Marks a sample and logs it.

        Args:
            index (int): Number of the sample.
            error (DataError): What is wrong with it.

        Raises:
            DataError: ``error``, if no sample may be skipped, or one that tells that
                these are too many.
        """
        if self.max_share == 0:
            raise error
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


class CheckedPipeline(Compose):
    """A pipeline that names the files of a sample which it cannot use.

    These are files that are missing, truncated, no images, or too large to be
    decoded, label maps of another size (``CheckAnnotations``), and label values that
    are no class. In training such a sample is skipped, so that the data set draws
    another one, as long as few enough are. In evaluation the first one is an error.

    Args:
        pipeline (Compose): The data set's own.
        unusable (UnusableSamples): Where they are counted.
        num_classes (int, optional): Classes of the data set; None: labels are not
            checked. Defaults to None.
    """

    def __init__(
        self,
        pipeline: Compose,
        unusable: UnusableSamples,
        num_classes: int | None = None,
    ) -> None:
        super().__init__(pipeline.transforms)
        self.unusable = unusable
        self.num_classes = num_classes

    def __call__(self, data: dict) -> dict | None:
        """Returns what the transforms make of a sample, or None if it is skipped.

        Args:
            data (dict): What the data set knows of the sample.

        Raises:
            DataError: If it cannot be used and must not be skipped.
        """
        index = data['sample_idx']
        try:
            for key, _ in LOADERS:
                check_image_file(data.get(key) or '')
            for transform in self.transforms:
                data = run(transform, data)
                if data is None:
                    return None
            self._check_labels(data)
        except DataError as error:
            self.unusable.skip(index, error)
            return None
        return data

    def _check_labels(self, data: dict) -> None:
        samples = data.get('data_samples')
        # Test-time augmentation packs a list, a sample for each view.
        for sample in samples if isinstance(samples, list) else [samples]:
            if self.num_classes is not None and sample is not None:
                check_labels(sample, self.num_classes)


def run(transform: object, data: dict) -> dict | None:
    """Runs a transform; where it is a loader, its error names the file.

    Args:
        transform (Callable): A transform of the pipeline.
        data (dict): The sample so far.

    Returns:
        dict | None: The sample, or None if the transform gave it up.

    Raises:
        DataError: If a loader failed. Other transforms raise what they raise.
    """
    key = next((key for key, loader in LOADERS if isinstance(transform, loader)), None)
    try:
        return transform(data)
    except Exception as error:  # a broken file can raise almost anything
        if key is None or isinstance(error, DataError):
            raise
        raise unreadable(data.get(key), error) from error


def check_samples(dataset: Dataset, max_share: float) -> None:
    """Gives data sets pipelines that check every sample.

    Args:
        dataset (Dataset): A data set, or a wrapper around some. Changed in place.
        max_share (float): The share of samples that may be skipped in training.
    """
    for part in innermost(dataset):
        unusable = UnusableSamples(len(part), 0.0 if part.test_mode else max_share)
        classes = part.metainfo.get('classes')
        num_classes = None if classes is None else len(classes)
        part.pipeline = CheckedPipeline(part.pipeline, unusable, num_classes)


def innermost(dataset: Dataset) -> Iterator[BaseDataset]:
    """Yields mmengine's data sets inside wrappers like ConcatDataset."""
    if isinstance(dataset, BaseDataset):
        yield dataset
    else:
        single = [dataset.dataset] if hasattr(dataset, 'dataset') else []
        for part in getattr(dataset, 'datasets', single):
            yield from innermost(part)
