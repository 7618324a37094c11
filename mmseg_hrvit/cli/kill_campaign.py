"""What ``hrvit kill-campaign`` does."""

from argparse import Namespace
from pathlib import Path

from mmseg_hrvit.analysis.kill_campaign import Campaign, prepare
from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.errors import InputError


def run(args: Namespace) -> int:
    """Kills, compares and prints; the status is 0 if nothing was lost."""
    if args.kills < 1 or args.processes < 1:
        raise InputError('--kills, --processes: give 1 or more')
    folder = Path(args.work_dir or f'work_dirs/{Path(args.config).stem}_kills')
    folder = folder.absolute()
    if folder.exists():
        raise InputError(f'{folder} already exists: give another --work-dir')
    config = prepare(read_config(args), folder)
    figures = Campaign(config, args.processes, args.seed).run(args.kills)
    print(figures)
    return 0 if figures.is_perfect else 1
