"""Refusing configs whose parts take different numbers of bands."""

from collections.abc import Iterator

from mmengine.config import Config

from mmseg_hrvit.configs import LOADERS, type_name
from mmseg_hrvit.errors import InputError

PICTURE = 3


def check_bands(cfg: Config) -> None:
    """Refuses a config whose network, normalisation and data do not fit together.

    Args:
        cfg (Config): The config.

    Raises:
        InputError: If ``in_channels`` of the backbone, ``mean``, ``std`` and the bands
            of ``LoadRaster`` have different numbers.
    """
    model = cfg.get('model') or {}
    backbone, preprocessor = model.get('backbone'), model.get('data_preprocessor')
    if not backbone or not preprocessor or preprocessor.get('mean') is None:
        return
    counts = {
        'model.backbone.in_channels': backbone.get('in_channels', PICTURE),
        'model.data_preprocessor.mean': len(preprocessor['mean']),
        'model.data_preprocessor.std': len(preprocessor['std']),
    }
    for key in LOADERS:
        for bands in find_bands(cfg.get(key)):
            counts[f'bands of LoadRaster in {key}'] = len(bands)
    if len(set(counts.values())) > 1:
        told = ', '.join(f'{key} {count}' for key, count in counts.items())
        raise InputError(f'the numbers of bands differ, make them equal: {told}')
    kind = type_name(preprocessor)
    if kind == 'SegDataPreProcessor' and len(preprocessor['mean']) not in (1, PICTURE):
        raise InputError(
            f'model.data_preprocessor: {kind} takes 1 or 3 bands: set '
            "type='mmseg_hrvit.BandDataPreProcessor'"
        )


def find_bands(node: object) -> Iterator[list[int]]:
    """Yields the bands of every ``LoadRaster`` in a part of a config."""
    if isinstance(node, dict):
        if type_name(node) == 'LoadRaster' and node.get('bands'):
            yield list(node['bands'])
        node = node.values()
    elif not isinstance(node, list | tuple):
        return
    for value in node:
        yield from find_bands(value)
