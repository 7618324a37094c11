"""The tables from stub measurements, computed by hand."""

import pytest

from mmseg_hrvit.analysis.flops import Macs, Part
from mmseg_hrvit.analysis.paper.markdown import (
    agrees,
    find_misses,
    percent,
    render_page,
    render_table,
    render_variants,
)
from mmseg_hrvit.analysis.paper.measured import Measured, Score, measure_tables
from mmseg_hrvit.analysis.paper.rows import TABLES, Row, Table


def system(params, layers, products):
    """A system of so many millions of parameters and billions of macs."""
    macs = Macs(int(layers * 1e9), int(products * 1e9))
    return Part('system', int(params * 1e6), macs)


COSTS = {'hrvit_b1_ade20k': system(8.25, 10, 4), 'swin_t_ade20k': system(20, 18, 2)}
ROWS = (
    Row('ours', 'hrvit_b1_ade20k', '8.0', '12.0', '45.0', '80.5', note='it is why'),
    Row('theirs', 'swin_t_ade20k', '19.9', '20.0', '46.00', '81.0'),
)
TABLE = Table(6, 'two systems', 'system', ROWS, 'ADE20K', 'Of all rows.')


def test_a_table_by_hand():
    scores = dict(
        miou={'hrvit_b1_ade20k': Score(44.126, 43.5)},
        top1={'swin_t_in1k': Score(80.0, 79.0), 'swin_t_ade20k': Score(1, 1)},
    )
    lines = render_table(TABLE, Measured(COSTS, **scores)).splitlines()
    assert lines == [
        '## Table 6: two systems',
        '',
        '| system | params (M): paper | here | diff (%) | GFLOPs: paper | here | '
        'diff (%) | full | ImageNet-1K top-1: paper | here | ADE20K mIoU: paper | '
        'here | config |',
        '|' + ' --- |' * 13,
        '| ours | 8.0 | 8.250 | +3.1 | 12.0 | 12.00 | +0.0 | 14.00 | 80.5 | – | '
        '45.0 | 44.13 (43.50) | `hrvit_b1_ade20k` |',
        '| theirs | 19.9 | 20.000 | +0.5 | 20.0 | 19.00 | -5.0 | 20.00 | 81.0 | '
        '80.00 (79.00) | 46.00 | – | `swin_t_ade20k` |',
        '',
        '- **ours** misses (params (M) +3.12 %): it is why.',
        '',
        'Of all rows.',
    ]


def test_a_table_without_the_papers_costs():
    table = Table(8, 'blocks', 'blocks', (Row('6-6', 'hrvit_b1_ade20k', miou='45.0'),))
    lines = render_table(table, Measured(COSTS)).splitlines()
    assert lines[2:] == [
        '| blocks | params (M): here | GFLOPs: here | full | Cityscapes mIoU: paper | '
        'here | config |',
        '|' + ' --- |' * 7,
        '| 6-6 | 8.250 | 12.00 | 14.00 | 45.0 | – | `hrvit_b1_ade20k` |',
    ]


def test_a_note_is_shown_where_nothing_misses_and_a_miss_without_a_note():
    rows = (
        Row('fine', 'hrvit_b1_ade20k', '8.2', '12.0', note='of interest'),
        Row('bad', 'swin_t_ade20k', '30', '10'),
    )
    text = render_table(Table(3, 'two', 'system', rows), Measured(COSTS))
    assert text.splitlines()[-2:] == [
        '- **fine**: of interest.',
        '- **bad** misses (params (M) -33.33 %, GFLOPs +90.00 %): no reason was found.',
    ]


def test_percent():
    assert percent('20.0', 19.0) == pytest.approx(-5)
    assert percent('8', 8.25) == pytest.approx(3.125)


@pytest.mark.parametrize(
    ('printed', 'here', 'tolerance', 'expected'),
    [
        ('2.7', 2.749, 0.0, True),  # the printed digit
        ('2.7', 2.751, 0.0, False),
        ('100', 101.4, 0.01, False),
        ('100', 100.9, 0.01, True),
        ('100', 99.1, 0.01, True),
        ('100', 98.4, 0.01, False),
    ],
)
def test_agreement(printed, here, tolerance, expected):
    assert agrees(printed, here, tolerance) is expected


def test_each_family_has_its_tolerance():
    part = system(101.5, 108, 0)
    misses = {
        name: len(find_misses(Row('', name, '100', '100'), part))
        for name in ('hrvit_b1', 'cswin_t', 'swin_t', 'hrnet18_mit')
    }
    assert misses == dict(hrvit_b1=2, cswin_t=2, swin_t=0, hrnet18_mit=0)


def test_table_2_is_what_networks_are_built_from():
    lines = render_variants().splitlines()
    assert '| HRViT-b1 | 1 | 1/4 | 1-1-1-1-1-1 | 1 | 4 | 32 | 16 |' in lines
    assert '| HRViT-b2 | 3 | 1/16 | 6-6-6-6 | 7 | 3 | 240 | 24 |' in lines
    assert '| HRViT-b3 | 4 | 1/32 | 3-3 | 7 | 2 | 512 | 32 |' in lines
    assert sum(line.startswith('| HRViT') for line in lines) == 12


def test_the_page_has_all_tables_and_figures():
    page = render_page([TABLE], Measured(COSTS), {'figures/one.png': 'A caption.'})
    assert '![Figure 5](figures/one.png)\n\nA caption.\n' in page
    assert '## Table 2' in page
    assert '## Table 6: two systems' in page
    assert 'no log was given' in page
    score = {'hrvit_b1_ade20k': Score(1, 1)}
    page = render_page([TABLE], Measured(COSTS, miou=score), {})
    assert 'the logs of 1 were given' in page


@pytest.mark.full
def test_every_row_that_misses_says_why():
    measured = measure_tables(TABLES)
    notes = {
        (table.number, row.label): row.note
        for table in TABLES
        for row in table.rows
        if find_misses(row, measured.costs[row.config])
    }
    assert all(notes.values())
    assert list(notes) == [
        (4, 'MiT-B0'), (4, 'MiT-B1'), (4, 'CSWin-Ti'),
        (5, '− Key-value sharing'), (5, '− Eff. patch embed'), (5, '− MixCFN'),
        (5, '− DES'),
        (6, 'HRNet18-MiT'), (6, 'HRNet32-MiT'), (6, 'HRNet40-MiT'),
        (9, 'CSWin-T'),
    ]  # fmt: skip
