"""What ``hrvit check`` does."""

import json
from argparse import Namespace

from mmseg_hrvit.apis.data_folders import refuse_data_folders
from mmseg_hrvit.apis.results import make_folder
from mmseg_hrvit.datasets.label_warnings import find_warnings
from mmseg_hrvit.datasets.shared_images import warn_of_shared
from mmseg_hrvit.engine.cli import read_segmentation
from mmseg_hrvit.preparation.survey import check_splits, survey
from mmseg_hrvit.preparation.survey_report import draw_survey, to_dict, to_text
from mmseg_hrvit.rasters.raster_reader import find_value_warnings

FAULTS = 1  # exit status
SECONDS = 60.0  # to compare the files of two splits


def run(args: Namespace) -> int:
    """Checks the splits; returns the exit status."""
    cfg = read_segmentation(args)
    if args.out:
        refuse_data_folders(args.out, cfg)
        make_folder(args.out)
    check_splits(cfg, args.split)
    surveys = {split: survey(cfg, split, args.workers) for split in args.split}
    warnings = {split: find_warnings(found, split) for split, found in surveys.items()}
    for split, lines in find_value_warnings(surveys, cfg).items():
        warnings[split] += lines
    for split, found in surveys.items():
        if split != 'train' and 'train' in surveys:
            train = surveys['train'].paths
            warnings[split] += warn_of_shared(train, found.paths, split, SECONDS)
    for split, found in surveys.items():
        print(f'{split}:\n{to_text(found, warnings[split])}')
        if args.out:
            draw_survey(found, split, args.out / f'{split}.png')
    if args.out:
        report = {k: to_dict(found, warnings[k]) for k, found in surveys.items()}
        (args.out / 'report.json').write_text(json.dumps(report, indent=1))
    faults = [fault for found in surveys.values() for fault in found.faults]
    return FAULTS if faults or any(warnings.values()) else 0
