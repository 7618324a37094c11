"""What ``hrvit check`` does."""

import json
from argparse import Namespace

from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.preparation.survey import survey
from mmseg_hrvit.preparation.survey_report import draw_survey, to_dict, to_text

FAULTS = 1  # exit status


def run(args: Namespace) -> int:
    """Checks the splits; returns the exit status."""
    cfg = read_config(args)
    surveys = {split: survey(cfg, split, args.workers) for split in args.split}
    for split, found in surveys.items():
        print(f'{split}:\n{to_text(found)}')
        if args.out:
            draw_survey(found, split, args.out / f'{split}.png')
    if args.out:
        report = {split: to_dict(found) for split, found in surveys.items()}
        (args.out / 'report.json').write_text(json.dumps(report, indent=1))
    return FAULTS if any(found.faults for found in surveys.values()) else 0
