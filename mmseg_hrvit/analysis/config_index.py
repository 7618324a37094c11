"""The index of the shipped configs, configs/index.csv, which ``hrvit configs`` prints.

``python -m mmseg_hrvit.analysis.config_index`` measures the configs that have no size
yet, or all of them if the file is deleted. It takes some minutes.
"""

import csv
from pathlib import Path

from mmengine.config import Config
from rich.progress import track

from mmseg_hrvit.configs import config, config_folder, config_names
from mmseg_hrvit.errors import InputError

from .flops import default_shape, measure_config
from .paper.rows import TABLES

# Classes of mmseg's, mmpretrain's and mmdet's data sets, as a reader knows them.
DATASETS = dict(
    ADE20KDataset='ADE20K',
    CamVidDataset='CamVid',
    ChaseDB1Dataset='CHASE DB1',
    CityscapesDataset='Cityscapes',
    COCOStuffDataset='COCO-Stuff 164k',
    CocoDataset='COCO',
    ISPRSDataset='Vaihingen',
    ImageNet='ImageNet-1K',
    LoveDADataset='LoveDA',
    MapillaryDataset_v1='Mapillary 1.2',
    MapillaryDataset_v2='Mapillary 2.0',
    PascalContextDataset='Pascal Context 60',
    PascalContextDataset59='Pascal Context 59',
    PotsdamDataset='Potsdam',
    RasterDataset='four bands',
    iSAIDDataset='iSAID',
)


def describe(name: str) -> dict[str, str]:
    """Measures a config.

    Args:
        name (str): Its name.

    Returns:
        dict[str, str]: Its row; a network that needs a package which is not installed
        has no sizes.
    """
    row = dict(
        name=name, dataset='COCO', params='', gflops='', paper=paper_figure(name)
    )
    try:
        cfg = Config.fromfile(config(name))
        row['dataset'] = dataset_name(cfg, name)
        part = measure_config(cfg, default_shape(cfg))
    except (ImportError, InputError, OSError, KeyError):
        return row
    return row | dict(
        params=f'{part.params / 1e6:.1f}', gflops=f'{part.macs.paper / 1e9:.1f}'
    )


def dataset_name(cfg: Config, name: str) -> str:
    """What the data set of a config is called."""
    if name.endswith(('quickstart', 'streets')):
        return 'drawn streets'
    if 'textures' in name:
        return 'drawn textures'
    kind = str(cfg.train_dataloader.dataset.type).rpartition('.')[2]
    return DATASETS.get(kind, kind)


def paper_figure(name: str) -> str:
    """The accuracy that the paper reports of a config."""
    for table in TABLES:
        for row in table.rows:
            if row.config == name:
                return f'{row.miou} mIoU' if row.miou else f'{row.top1} top-1'
    return ''


def write_index(path: Path) -> None:
    """Writes the index; does not measure again what it already has.

    Args:
        path (Path): The file.
    """
    known = {}
    if path.is_file():
        with path.open(encoding='utf-8', newline='') as file:
            rows = [row for row in csv.DictReader(file) if row['params']]
            known = {row['name']: row for row in rows}
    names = track(config_names(), 'measuring')
    rows = [known.get(name) or describe(name) for name in names]
    with path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, rows[0], lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)


if __name__ == '__main__':
    write_index(config_folder() / 'index.csv')
