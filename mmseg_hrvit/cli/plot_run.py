"""What ``hrvit plot-run`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.curves import plot_run


def run(args: Namespace) -> None:
    """Draws the curve."""
    out = args.out or args.work_dir / 'curve.png'
    plot_run(args.work_dir, out)
    print(out)
