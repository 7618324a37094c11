"""The rows of the tables: their configs, and the figures of the paper's text."""

import pytest

from mmseg_hrvit.analysis.paper.rows import FIGURE_5, TABLES, TOLERANCES, Row
from paths import CONFIGS
from reference import REFERENCE

PAPER = REFERENCE.with_name('paper') / 'hrvit_cvpr2022.md'
ROWS = [(table, row) for table in TABLES for row in table.rows]
needs_paper = pytest.mark.skipif(
    not PAPER.is_file(), reason="the paper's text is not here"
)


def name(value):
    return f'table_{value.number}' if hasattr(value, 'number') else value.label


@pytest.mark.parametrize(('table', 'row'), ROWS, ids=name)
def test_every_row_has_a_config_on_its_data_set(table, row):
    assert (CONFIGS / f'{row.config}.py').is_file()
    assert row.family in TOLERANCES
    dataset = 'in1k' if table.number == 3 else table.dataset.lower()
    assert row.config.rpartition('_')[2] == dataset


def test_all_tables_are_there_with_all_rows():
    sizes = [(table.number, len(table.rows)) for table in TABLES]
    assert sizes == [
        (3, 3), (4, 11), (5, 9), (6, 9), (7, 5), (8, 4), (9, 10), (9, 10),
    ]  # fmt: skip
    for table in TABLES:
        assert len({row.config for row in table.rows}) == len(table.rows)


def test_rows_of_a_table_have_the_same_figures_printed():
    for table in TABLES:
        assert len({printed_columns(row) for row in table.rows}) == 1


def printed_columns(row):
    figures = (row.params, row.gflops, row.top1, row.miou)
    return tuple(figure is not None for figure in figures)


def test_names_are_read_from_the_config():
    row = Row('a label', 'baselines/hrnet18_mit_cityscapes')
    assert row.family == 'hrnet'
    assert row.pretraining == 'hrnet18_mit_in1k'
    assert Row('b1', 'pretrain/hrvit_b1_in1k').pretraining == 'hrvit_b1_in1k'


def test_figure_5_has_the_segformer_heads():
    assert [row.label for row in FIGURE_5 if row.family == 'hrvit'] == [
        'HRViT-b1', 'HRViT-b2', 'HRViT-b3',
    ]  # fmt: skip
    assert not any('upernet' in row.config for row in FIGURE_5)


@needs_paper
@pytest.mark.parametrize(
    ('table', 'row'), [pair for pair in ROWS if pair[0].number != 7], ids=name
)
def test_figures_are_the_papers(table, row):
    printed = [f for f in (row.params, row.gflops, row.top1, row.miou) if f]
    label = row.label.removeprefix('− ')
    lines = [line for line in read_lines() if label in line[0]]
    assert any(is_inside(printed, line) for line in lines)


@needs_paper
def test_figures_of_table_7_are_the_papers():
    (table,) = (table for table in TABLES if table.number == 7)
    lines = {line[0]: line[1:] for line in read_lines()}
    assert [row.label for row in table.rows] == lines['window size s']
    assert [row.gflops for row in table.rows] == lines['GFLOPs']
    assert [row.miou for row in table.rows] == lines['Cityscapes mIoU (%)']


def read_lines():
    """The cells of the lines of tables in the paper's text."""
    text = PAPER.read_text(encoding='utf-8')
    for mark in ('**', '<b>', '</b>', '<li>', '</li>'):
        text = text.replace(mark, '')
    return [line.split('\t') for line in text.splitlines() if '\t' in line]


def is_inside(part, line):
    return any(line[i : i + len(part)] == part for i in range(len(line)))
