"""Writes the paper's tables and Figure 5, with what is measured here beside them.

Every system is built from its config; nothing is trained. docs/paper.md says more.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmengine.logging import MMLogger

from mmseg_hrvit.analysis.paper.figures import draw_costs, draw_latency
from mmseg_hrvit.analysis.paper.markdown import render_page, render_table
from mmseg_hrvit.analysis.paper.measured import measure_tables, read_latencies
from mmseg_hrvit.analysis.paper.rows import FIGURE_5, TABLES
from mmseg_hrvit.engine.launch import one_line_errors

COSTS = (
    "mIoU on ADE20K as the paper reports it, with SegFormer's head, against parameters "
    "and GFLOPs as measured here by the paper's convention. The paper's figure has "
    'HRNetV2+OCR too, without printing its figures.'
)
LATENCY = 'The same mIoU against latency.'


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--tables',
        type=int,
        nargs='+',
        choices=sorted({table.number for table in TABLES}),
        metavar='N',
        help='print these tables alone, and write nothing',
    )
    parser.add_argument(
        '--results',
        type=Path,
        metavar='DIR',
        help='work directories of own runs, DIR/CONFIG; their mIoU and top-1 are shown',
    )
    parser.add_argument(
        '--latency',
        type=Path,
        metavar='FILE',
        help='measured latencies (JSON): draws Figure 5 against them too',
    )
    parser.add_argument(
        '--out', type=Path, default=Path('docs'), metavar='DIR', help='default: docs'
    )
    return parser.parse_args(argv)


def print_tables(args):
    """Prints the tables that were asked for."""
    tables = [table for table in TABLES if table.number in args.tables]
    measured = measure_tables(tables, args.results)
    print('\n\n'.join(render_table(table, measured) for table in tables))


def write_page(args):
    """Writes tables.md and the figures beside it."""
    seconds, device = read_latencies(args.latency) if args.latency else ({}, '')
    measured = measure_tables(TABLES, args.results)
    figures = {'figures/figure5.png': COSTS}
    draw_costs(FIGURE_5, measured, args.out / 'figures/figure5.png')
    if args.latency:
        figures['figures/latency.png'] = LATENCY
        path = args.out / 'figures/latency.png'
        draw_latency(FIGURE_5, seconds, device, measured.miou, path)
    page = args.out / 'tables.md'
    page.write_text(render_page(TABLES, measured, figures), encoding='utf-8')
    print(page)


def main(argv=None):
    """Reads the command line and writes."""
    args = parse_args(argv)
    MMLogger.get_current_instance().setLevel('WARNING')  # what networks say when built
    with one_line_errors():
        if args.tables:
            print_tables(args)
        else:
            write_page(args)


if __name__ == '__main__':
    main()
