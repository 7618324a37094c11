"""The images of a config's test set, with their truth."""

from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.engine.preflight import check_data


def build_test_set(config: Config) -> BaseSegDataset:
    """Builds a config's test set. Its samples are not read.

    Args:
        config (Config): Config of a segmentation model.

    Returns:
        BaseSegDataset: The data set.

    Raises:
        InputError: If a folder or file is missing, or there is no image.
    """
    init_default_scope(config.get('default_scope', 'mmseg'))
    dataset = config.test_dataloader.dataset
    check_data(dataset, 'test_dataloader.dataset', config)
    return DATASETS.build(dataset)
