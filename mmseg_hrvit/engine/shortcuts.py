"""Changes of a config that one option makes in all the places concerned."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from mmengine.config import Config
from mmengine.registry import DATASETS

from mmseg_hrvit.errors import InputError

from .preflight import innermost

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
HEADS = ('decode_head', 'auxiliary_head')


def set_crop(cfg: Config, height: int, width: int) -> None:
    """Trains on crops of another size.

    A network that is tested on windows gets windows of that size, which overlap by
    the same share as before.

    Args:
        cfg (Config): A config of mmseg. Changed in place.
        height (int): Height of the crops.
        width (int): Width of the crops.

    Raises:
        InputError: If the size is not positive, or the config crops nothing.
    """
    if min(height, width) < 1:
        raise InputError(f'--crop {height} {width}: give a positive size')
    crops = [
        step
        for step in walk_dicts(cfg.get('train_dataloader', {}))
        if step.get('type') == 'RandomCrop'
    ]
    if not crops:
        raise InputError('--crop: no RandomCrop is in train_dataloader.dataset')
    for crop in crops:
        crop['crop_size'] = (height, width)
    model = cfg.model
    if 'size' in (model.get('data_preprocessor') or {}):
        model.data_preprocessor.size = (height, width)
    test = model.get('test_cfg') or {}
    if test.get('mode') == 'slide':
        pairs = zip((height, width), test.stride, test.crop_size, strict=True)
        test.stride = tuple(max(1, new * step // old) for new, step, old in pairs)
        test.crop_size = (height, width)


def set_classes(cfg: Config, names: Sequence[str]) -> None:
    """Trains and evaluates some classes of the data set; all others are ignored.

    Args:
        cfg (Config): A config of mmseg. Changed in place.
        names (Sequence[str]): The classes, in the order of the network's outputs.

    Raises:
        InputError: If a class is unknown or named twice, or there is no head.
    """
    if len(set(names)) < len(names):
        raise InputError(f'--classes {" ".join(names)}: name each class once')
    heads = [part for name in HEADS for part in as_list(cfg.model.get(name))]
    if not heads:
        raise InputError('--classes is for configs with model.decode_head')
    for head in heads:
        head['num_classes'] = len(names)
    for loader in LOADERS:
        if cfg.get(loader) is None:
            continue
        for key, dataset in innermost(cfg[loader].dataset, f'{loader}.dataset'):
            check_classes(names, dataset, key, cfg)
            metainfo = dict(dataset.get('metainfo') or {})
            metainfo.pop('palette', None)
            dataset['metainfo'] = dict(metainfo, classes=tuple(names))


def check_classes(names: Sequence[str], dataset: dict, key: str, cfg: Config) -> None:
    """Refuses classes that a data set does not have."""
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        cls = registry.get(dataset['type'])
    there = getattr(cls, 'METAINFO', {}).get('classes')
    for name in names if there else ():
        if name not in there:
            near = get_close_matches(name, there, 1)
            hint = f'did you mean {near[0]}?' if near else f'it has {", ".join(there)}'
            raise InputError(f"--classes: {key} has no class '{name}': {hint}")


def as_list(value: object) -> list:
    """A value, a list of them, or None, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def walk_dicts(node: object) -> Iterator[dict]:
    """Yields all dicts in a part of a config, itself included."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list | tuple):
        for value in node:
            yield from walk_dicts(value)
