"""What ``hrvit plot-logs`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.logs import plot_logs


def run(args: Namespace) -> None:
    """Draws the picture."""
    plot_logs(args.runs, args.keys, args.out)
    print(args.out)
