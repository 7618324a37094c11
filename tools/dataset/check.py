"""Reads every file of the data sets that a config names, and reports what is wrong.

Named are files that are missing, broken or without partner, label maps of another
size than their images, and label values that are no class. It also counts the pixels
and images of every class, and the sizes. The exit status is 0, 1 if something is
wrong, 2 if nothing could be done.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmseg_hrvit.engine.cli import add_config, read_config
from mmseg_hrvit.engine.launch import one_line_errors
from mmseg_hrvit.preparation.parallel import count_cores
from mmseg_hrvit.preparation.survey import survey
from mmseg_hrvit.preparation.survey_report import draw_survey, to_dict, to_text

FAULTS = 1  # exit status
SPLITS = ('train', 'val', 'test')


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_config(parser)
    parser.add_argument(
        '--split',
        nargs='+',
        choices=SPLITS,
        default=['train', 'val'],
        help='default: train val',
    )
    parser.add_argument(
        '--out', type=Path, help='folder for report.json and a picture of each split'
    )
    parser.add_argument(
        '--workers', type=int, default=count_cores(), help='default: a core each'
    )
    return parser.parse_args(argv)


def run(args) -> int:
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


def main(argv=None):
    """Reads the command line, checks, and exits with the status."""
    args = parse_args(argv)
    with one_line_errors():
        sys.exit(run(args))


if __name__ == '__main__':
    main()
