"""The images of a config's test set, with their truth."""

from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.engine.preflight import check_folders, innermost


def build_test_set(config: Config) -> BaseSegDataset:
    """Builds a config's test set. Its samples are not read.

    Args:
        config (Config): Config of a segmentation model.

    Returns:
        BaseSegDataset: The data set.

    Raises:
        InputError: If a folder is missing.
    """
    init_default_scope(config.get('default_scope', 'mmseg'))
    dataset = config.test_dataloader.dataset
    for key, part in innermost(dataset, 'test_dataloader.dataset'):
        check_folders(part, key)
    return DATASETS.build(dataset)
