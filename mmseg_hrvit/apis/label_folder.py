"""The folder for the label maps of a test."""

import json
import os
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.configs import type_name
from mmseg_hrvit.errors import InputError

from .data_folders import IMAGES, find_folders, refuse_crops, refuse_data_folders
from .origin import hash_file, identify

RECORD = 'made_from.json'


def use_label_folder(cfg: Config, out: str) -> None:
    """Sets the folder for the label maps of a test; ``claim_label_folder`` creates it.

    Args:
        cfg (Config): Config of a test. Changed in place.
        out (str): The folder.

    Raises:
        InputError: If it is inside a folder of the data, or the test set has crops of
            rasters.
    """
    refuse_crops(cfg, '--out')
    refuse_data_folders(out, cfg, ['test_dataloader'])
    roots = find_folders(cfg, ['test_dataloader'], [IMAGES])
    evaluator = cfg.test_evaluator
    if isinstance(evaluator, list):
        raise InputError('--out needs a single test_evaluator, of the type IoUMetric')
    evaluator.update(output_dir=out, keep_results=True)
    if type_name(evaluator) == 'IoUMetric':
        evaluator['type'] = 'mmseg_hrvit.FolderIoUMetric'
    if type_name(evaluator) == 'FolderIoUMetric':
        evaluator['image_root'] = os.path.commonpath(roots) if roots else None


def describe(cfg: Config) -> list[str]:
    """Describes a test by all that its label maps depend on."""
    parts = [cfg.model, cfg.test_dataloader['dataset'], cfg.get('custom_hooks')]
    texts = [json.dumps(part, default=str, sort_keys=True) for part in parts]
    return [*texts, hash_file(str(cfg.load_from))]


def claim_label_folder(cfg: Config, folder: Path) -> None:
    """Creates a folder, and writes into it which test its label maps come from.

    Args:
        cfg (Config): Config of a test, complete, with its checkpoint.
        folder (Path): The folder.

    Raises:
        InputError: If it has label maps of another test, or cannot be created.
    """
    made_from = identify(describe(cfg))
    record = folder / RECORD
    try:
        known = json.loads(record.read_text()) if record.is_file() else None
    except ValueError:
        known = None
    if known != made_from and next(folder.rglob('*.png'), None):
        raise InputError(
            f'--out {folder} has label maps of another network or of other data: give '
            'a new folder, or delete it'
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(made_from))
    except OSError as error:
        raise InputError(f'--out {folder} cannot be written ({error})') from error
