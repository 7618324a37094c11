"""What ``hrvit paper-tables`` does."""

from argparse import Namespace

from mmengine.logging import MMLogger

from mmseg_hrvit.analysis.paper.figures import draw_costs, draw_latency
from mmseg_hrvit.analysis.paper.markdown import render_page, render_table
from mmseg_hrvit.analysis.paper.measured import measure_tables, read_latencies
from mmseg_hrvit.analysis.paper.rows import FIGURE_5, TABLES

COSTS = (
    "mIoU on ADE20K as the paper reports it, with SegFormer's head, against parameters "
    "and GFLOPs as measured here by the paper's convention. The paper's figure "
    'also shows HRNetV2+OCR, but the paper does not print its numbers.'
)

LATENCY = 'The same mIoU against latency.'


def print_tables(args: Namespace):
    """Prints the requested tables."""
    tables = [table for table in TABLES if table.number in args.tables]
    measured = measure_tables(tables, args.results)
    print('\n\n'.join(render_table(table, measured) for table in tables))


def write_page(args: Namespace):
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


def run(args: Namespace) -> None:
    """Prints the tables, or writes the page."""
    MMLogger.get_current_instance().setLevel('WARNING')  # what networks say when built
    if args.tables:
        print_tables(args)
    else:
        write_page(args)
