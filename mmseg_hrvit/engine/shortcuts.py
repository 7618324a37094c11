"""Options that change a config in several places at once."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from mmengine.config import Config
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from mmseg_hrvit.configs import LOADERS, innermost, type_name
from mmseg_hrvit.datasets import StoredClassesDataset
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import HEADS


def set_crop(cfg: Config, height: int, width: int) -> None:
    """Trains on crops of another size.

    If the network is tested on windows, these get the same size, and overlap by the
    same share as before.

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
        if type_name(step) == 'RandomCrop'
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
    stored = None
    for loader in LOADERS:
        if cfg.get(loader) is None:
            continue
        for key, dataset in innermost(cfg[loader].dataset, f'{loader}.dataset'):
            found = choose_classes(names, dataset, key, cfg)
            if stored not in (None, found):
                raise InputError(
                    f'--classes: {key} has other classes than the data sets before '
                    'it: give all of them the same metainfo'
                )
            stored = found
    kept = [stored.index(name) for name in names]
    for head in heads:
        head['num_classes'] = len(names)
        for part in walk_dicts(head):
            weights = part.get('class_weight')
            if not isinstance(weights, list | tuple):
                continue
            if len(weights) != len(stored):
                raise InputError(
                    f'--classes: class_weight has {len(weights)} values for the '
                    f'{len(stored)} classes of the data set: give one for each'
                )
            part['class_weight'] = [weights[i] for i in kept]


def choose_classes(
    names: Sequence[str], dataset: dict, key: str, cfg: Config
) -> list[str]:
    """Chooses classes of one data set.

    Args:
        names (Sequence[str]): The classes.
        dataset (dict): Its config. Changed in place.
        key (str): Its key in the config.
        cfg (Config): The whole config.

    Returns:
        list[str]: All classes that the label maps have.

    Raises:
        InputError: If one of the classes does not exist, or nothing lists the classes.
    """
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope')) as registry:
        cls = registry.get(dataset['type'])
    metainfo = dict(dataset.get('metainfo') or {})
    stored = getattr(cls, 'METAINFO', {}).get('classes')
    if not stored:
        stored = dataset.get('stored_classes') or metainfo.get('classes')
        store_classes(dataset, stored, cls, key)
    check_classes(names, stored, key)
    listed = metainfo.get('classes') or stored
    colours = dict(zip(listed, metainfo.pop('palette', None) or (), strict=False))
    if colours.keys() >= set(names):
        metainfo['palette'] = [colours[name] for name in names]
    dataset['metainfo'] = dict(metainfo, classes=tuple(names))
    return list(stored)


def store_classes(dataset: dict, classes: object, cls: type, key: str) -> None:
    """Sets which classes the label maps of a data set have."""
    if cls is BaseSegDataset:
        dataset['type'] = 'mmseg_hrvit.StoredClassesDataset'
    elif not issubclass(cls, StoredClassesDataset):
        raise InputError(
            f'--classes: {key} is a {cls.__name__}, whose label maps may have any '
            'classes: write them into METAINFO of its class'
        )
    if not classes or isinstance(classes, str):
        raise InputError(
            f'--classes: nothing lists the classes of {key}: write them into '
            'metainfo.classes'
        )
    dataset['stored_classes'] = list(classes)


def check_classes(names: Sequence[str], stored: Sequence[str], key: str) -> None:
    """Refuses classes that a data set does not have."""
    for name in names:
        if name not in stored:
            near = get_close_matches(name, stored, 1)
            hint = f'did you mean {near[0]}?' if near else f'it has {", ".join(stored)}'
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
