"""What ``hrvit gpu-report`` does."""

from argparse import Namespace

import torch

from mmseg_hrvit.analysis.gpu.report import write_report
from mmseg_hrvit.analysis.gpu.rows import FULL, SMOKE
from mmseg_hrvit.errors import InputError


def run(args: Namespace) -> None:
    """Measures, and writes the report."""
    if args.minutes <= 0:
        raise InputError(f'--minutes {args.minutes:g}: give more than 0')
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise InputError('--device cuda: there is no GPU here')
    if args.device == 'cpu' and not args.smoke:
        raise InputError('--device cpu takes hours: add --smoke')
    report = write_report(
        args.out, args.device, SMOKE if args.smoke else FULL, args.minutes
    )
    done = sum(row.seconds is not None for row in report.rows)
    print(f'{done} of {len(report.rows)} rows measured: {args.out / "report.md"}')
