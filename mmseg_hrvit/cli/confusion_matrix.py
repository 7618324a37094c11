"""What ``hrvit confusion-matrix`` does."""

from argparse import Namespace

from mmseg_hrvit.analysis.confusion import count_confusions, draw_matrix, write_csv
from mmseg_hrvit.engine.cli import read_config


def run(args: Namespace) -> None:
    """Counts the pixels, and writes picture and table."""
    cfg = read_config(args)
    matrix, classes = count_confusions(cfg, args.maps)
    table = args.out.with_suffix('.csv')
    draw_matrix(matrix, classes, args.out)
    write_csv(matrix, classes, table)
    print(args.out, table, sep='\n')
