"""The config of a converted data set."""

from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.configs import config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import HEADS

from .source import Source

HEAD = """\
# Written by `hrvit convert`. The folder may be moved.
_base_ = __import__('mmseg_hrvit').config({base!r})
"""

OWN = '''
data = dict(
    type='BaseSegDataset',
    data_root=r"""{{{{ fileDirname }}}}/""",
    metainfo=dict(
        classes={classes},
        palette={palette},
    ),
    img_suffix={suffix!r},
    seg_map_suffix='.png',
    reduce_zero_label=False,
)
train_prefix = dict(img_path='images/train', seg_map_path='annotations/train')
val_prefix = dict(img_path='images/val', seg_map_path='annotations/val')
train_dataloader = dict(dataset=dict(**data, data_prefix=train_prefix))
val_dataloader = dict(dataset=dict(**data, data_prefix=val_prefix))
{test}

model = dict(
{heads}
)
'''

TEST = """\
test_prefix = dict(img_path='images/test', seg_map_path='annotations/test')
test_dataloader = dict(dataset=dict(**data, data_prefix=test_prefix))"""

# Of data sets that are as published.
MOVED = '''
data_root = r"""{{ fileDirname }}/"""
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
'''


def write_config(
    source: Source,
    root: Path,
    base: str,
    heads: Sequence[str],
    suffix: str,
    has_test: bool,
) -> None:
    """Writes a config with the classes of a data set, ``ROOT/NAME OF ROOT.py``.

    Args:
        source (Source): The data set.
        root (Path): Folder of the data set.
        base (str): Name of the shipped config to inherit.
        heads (Sequence[str]): Its heads, from ``find_heads``.
        suffix (str): Of the images.
        has_test (bool): Whether there is a split for testing; otherwise the config
            tests on that for validation.
    """
    count = len(source.classes)
    text = HEAD.format(base=base) + OWN.format(
        classes=spread(source.classes),
        palette=spread([list(colour) for colour in source.palette]),
        suffix=suffix,
        test=TEST if has_test else 'test_dataloader = val_dataloader',
        heads='\n'.join(f'    {head}=dict(num_classes={count}),' for head in heads),
    )
    config_path(root).write_text(text, encoding='utf-8')


def write_moved_config(root: Path, base: str) -> None:
    """Writes a config that finds a published data set in its own folder.

    Args:
        root (Path): Folder of the data set.
        base (str): Name of the shipped config for it.
    """
    config_path(root).write_text(HEAD.format(base=base) + MOVED, encoding='utf-8')


def config_path(root: Path) -> Path:
    """Returns the path of a data set's config, which has the name of its folder."""
    return root / f'{root.resolve().name}.py'


def find_heads(base: str) -> list[str]:
    """Returns which heads a shipped config has.

    Args:
        base (str): Its name.

    Returns:
        list[str]: Keys of the model.

    Raises:
        InputError: If there is no such config, or it does not train segmentation.
    """
    model = Config.fromfile(config(base)).get('model', {})
    heads = [head for head in HEADS if head in model]
    if not heads:
        raise InputError(f'--base {base} does not train segmentation: choose another')
    return heads


def spread(values: Sequence) -> str:
    """Writes a list, one value per line.

    mmengine would replace ``{{ fileDirname }}`` in a name by a path: of every two
    braces, the second is written as its code.
    """
    lines = (repr(value).replace('{{', r'{\x7b') for value in values)
    return '[\n' + ''.join(f'            {line},\n' for line in lines) + '        ]'
