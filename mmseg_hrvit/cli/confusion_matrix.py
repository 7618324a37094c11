"""What ``hrvit confusion-matrix`` does."""

from argparse import Namespace
from pathlib import Path

from mmseg_hrvit.analysis.confusion import count_confusions, draw_matrix, write_csv
from mmseg_hrvit.apis.data_folders import refuse_data_folders
from mmseg_hrvit.engine.cli import read_segmentation
from mmseg_hrvit.files import check_output


def run(args: Namespace) -> None:
    """Counts the pixels, and writes picture and table."""
    cfg = read_segmentation(args)
    table = args.out.with_suffix('.csv')
    refuse_data_folders(args.out, cfg)
    for out in (args.out, table):
        check_output(out, [args.config, *Path(args.maps).rglob('*.png')])
    matrix, classes = count_confusions(cfg, args.maps)
    draw_matrix(matrix, classes, args.out)
    write_csv(matrix, classes, table)
    print(args.out, table, sep='\n')
