"""Small data sets in the real folder layouts, and configs cut down to them."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
from mmengine.config import Config
from PIL import Image

import mmseg_hrvit
from hrvit_cli import Verb
from mmseg_hrvit.datasets.textures import draw_dataset as draw_textures

IGNORED = 255
IMAGE_SIZE = (96, 128)  # height, width

TINY_ARCH = dict(
    channels=(16, 32, 48, 64),
    depths=((1,), (1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1)),
    window_sizes=(1, 2, 7, 7),
    mlp_ratios=(2, 2, 2, 2),
    head_dims=(8, 8, 8, 8),
)

# What a key of a config becomes, wherever it stands.
SMALL = dict(
    crop_size=(128, 128),
    size=(128, 128),
    scale=(256, 128),
    stride=(96, 96),
    num_workers=0,
    persistent_workers=False,
    max_iters=1,
    val_interval=1,
    cudnn_benchmark=False,
)


def seed_of(split: str, index: int) -> int:
    """Chooses the seed of an image: no split has an image of another one."""
    return index + (100 if split.startswith('val') else 0)


def make_ade20k(root: Path, num_images: int = 2, num_classes: int = 150) -> Path:
    """Draws ADE20K: 0 is unlabelled, classes have the values from 1 on.

    Args:
        root (Path): The ``data_root``; it need not exist.
        num_images (int): Images of each split. Defaults to 2.
        num_classes (int): Number of classes. Defaults to 150.

    Returns:
        Path: ``root``.
    """
    for split in ('training', 'validation'):
        prefix = 'train' if split == 'training' else 'val'
        for i in range(num_images):
            name = f'ADE_{prefix}_{i + 1:08d}'
            draw_pair(
                root / f'images/{split}/{name}.jpg',
                root / f'annotations/{split}/{name}.png',
                [*range(num_classes + 1)],
                seed=seed_of(split, i),
            )
    return root


def make_cityscapes(root: Path, num_images: int = 2) -> Path:
    """Draws Cityscapes, a folder a city; like ``make_ade20k``."""
    for split, city in (('train', 'aachen'), ('val', 'lindau')):
        for i in range(num_images):
            name = f'{city}/{city}_{i:06d}_000019'
            label = root / f'gtFine/{split}/{name}_gtFine_labelTrainIds.png'
            draw_pair(
                root / f'leftImg8bit/{split}/{name}_leftImg8bit.png',
                label,
                [*range(19), IGNORED],
                seed=seed_of(split, i),
            )
            # The data set ships other label files beside the one that is used.
            other = label.name.replace('labelTrainIds', 'labelIds')
            label.with_name(other).write_bytes(label.read_bytes())
    return root


def make_camvid(root: Path, num_images: int = 2) -> Path:
    """Draws CamVid with 11 classes; like ``make_ade20k``."""
    for split in ('train', 'val'):
        for i in range(num_images):
            name = f'0001TP_{i:06d}'
            draw_pair(
                root / f'images/{split}/{name}.jpg',
                root / f'annotations/{split}/{name}.png',
                [*range(11), IGNORED],
                seed=seed_of(split, i),
            )
    return root


def make_cocostuff(root: Path, num_images: int = 2) -> Path:
    """Draws COCO-Stuff 164k, with the labels as mmseg converts them."""
    for split in ('train2017', 'val2017'):
        for i in range(num_images):
            draw_pair(
                root / f'images/{split}/{i:012d}.jpg',
                root / f'annotations/{split}/{i:012d}_labelTrainIds.png',
                [*range(171), IGNORED],
                seed=seed_of(split, i),
            )
    return root


def make_pascalcontext(root: Path, num_images: int = 2) -> Path:
    """Draws Pascal Context: one folder, and a list of names for each split."""
    for k, split in enumerate(('train', 'val')):
        names = [f'2010_{k}{i:05d}' for i in range(num_images)]
        for i, name in enumerate(names):
            draw_pair(
                root / f'JPEGImages/{name}.jpg',
                root / f'SegmentationClassContext/{name}.png',
                [*range(60)],
                seed=seed_of(split, i),
            )
        path = root / f'ImageSets/SegmentationContext/{split}.txt'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('\n'.join(names))
    return root


def make_mapillary(root: Path, num_images: int = 2) -> Path:
    """Draws Mapillary Vistas with both sets of labels."""
    for split in ('training', 'validation'):
        for i in range(num_images):
            for version, num_classes in (('v1.2', 66), ('v2.0', 124)):
                draw_pair(
                    root / f'{split}/images/{i:05d}.jpg',
                    root / f'{split}/{version}/labels/{i:05d}.png',
                    [*range(num_classes)],
                    seed=seed_of(split, i),
                )
    return root


def make_tiles(
    root: Path, num_images: int = 2, num_classes: int = 7, ending: str = ''
) -> Path:
    """Draws the tiles of aerial data sets, as mmseg's scripts write them."""
    for split in ('train', 'val'):
        for i in range(num_images):
            draw_pair(
                root / f'img_dir/{split}/{i}.png',
                root / f'ann_dir/{split}/{i}{ending}.png',
                [*range(num_classes)],
                seed=i,
            )
    return root


def make_chasedb1(root: Path, num_images: int = 2) -> Path:
    """Draws CHASE_DB1: vessels of the retina."""
    for split in ('training', 'validation'):
        for i in range(num_images):
            draw_pair(
                root / f'images/{split}/Image_{i:02d}L.png',
                root / f'annotations/{split}/Image_{i:02d}L_1stHO.png',
                [0, 1],
                seed=i,
            )
    return root


def make_image_folders(root: Path) -> Path:
    """Draws ImageNet's layout: 10 classes, of each an image in each split."""
    draw_textures(root, train=1, val=1, size=80)
    return root


def draw_pair(
    image_path: Path,
    label_path: Path,
    values: list[int],
    seed: int = 0,
    size: tuple[int, int] = IMAGE_SIZE,
) -> None:
    """Writes an image of noise and a label map of blocks.

    Args:
        image_path (Path): Where the image goes.
        label_path (Path): Where the label map goes.
        values (list[int]): The values of the label map.
        seed (int): Seed of both. Defaults to 0.
        size (tuple[int, int]): Height and width. Defaults to ``IMAGE_SIZE``.
    """
    rng = np.random.default_rng(seed)
    height, width = size
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    blocks = rng.choice(values, (-(-height // 16), -(-width // 16))).astype(np.uint8)
    label = blocks.repeat(16, axis=0).repeat(16, axis=1)[:height, :width]
    for path, array in ((image_path, image), (label_path, label)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(path)


def shrink(cfg: Config, data_root: Path, batch_size: int = 2) -> Config:
    """Cuts a config to one training and one evaluation step on small images.

    Crops, windows, data root, workers and iterations are changed in place. The
    network stays as it is, and so does the batch of evaluation.

    Args:
        cfg (Config): A config of this project.
        data_root (Path): A data set from above.
        batch_size (int): Training images a process. UperNet needs 2. Defaults
            to 2.

    Returns:
        Config: ``cfg``.
    """
    _replace(cfg._cfg_dict, dict(SMALL, data_root=str(data_root)))
    if 'train_dataloader' in cfg:
        cfg.train_dataloader.batch_size = batch_size
    return cfg


def use_tiny_arch(cfg: Config) -> Config:
    """Gives a shipped segmentation config a network of 0.2 million parameters."""
    channels = list(TINY_ARCH['channels'])
    cfg.model.backbone.arch = dict(TINY_ARCH)
    cfg.model.decode_head.in_channels = channels
    cfg.model.decode_head.channels = 16
    if 'auxiliary_head' in cfg.model:
        cfg.model.auxiliary_head.in_channels = channels[2]
        cfg.model.auxiliary_head.channels = 16
    return cfg


def _replace(node: object, values: dict) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in values and not isinstance(value, dict):
                node[key] = values[key]
            else:
                _replace(value, values)
    elif isinstance(node, list | tuple):
        for value in node:
            _replace(value, values)


def write_tiny_config(folder: Path) -> Path:
    """Draws ADE20K and writes a config of a tiny network that trains on it.

    Args:
        folder (Path): Where config, data set and work directory go.

    Returns:
        Path: The config. Its name is the folder's, so that mmengine keeps its runs
        apart from those of other tests.
    """
    cfg = Config.fromfile(mmseg_hrvit.config('hrvit_b1_ade20k'))
    use_tiny_arch(shrink(cfg, make_ade20k(folder / 'data')))
    cfg.work_dir = str(folder / 'work')
    path = folder / f'{folder.name}.py'
    cfg.dump(path)
    return path


def load_tool(name: str) -> Verb:
    """Imports ``tools/NAME.py``, and returns the verb that it is a front of."""
    path = Path(__file__).parents[1] / 'tools' / f'{name}.py'
    spec = spec_from_file_location(f'tools_{name}', path)
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool.verb
