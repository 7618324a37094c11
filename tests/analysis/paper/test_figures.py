"""The drawings: their files, and what is in them."""

import pytest
from matplotlib.figure import Figure
from PIL import Image

from mmseg_hrvit.analysis.flops import Macs, Part
from mmseg_hrvit.analysis.paper.figures import draw_costs, draw_latency, draw_panel
from mmseg_hrvit.analysis.paper.measured import Measured, Score
from mmseg_hrvit.analysis.paper.rows import FIGURE_5, Row
from mmseg_hrvit.errors import InputError

ROWS = (
    Row('HRViT-b1', 'hrvit_b1_ade20k', miou='45.0'),
    Row('MiT-B0', 'mit_b0_ade20k', miou='37.0'),
    Row('HRViT-b2', 'hrvit_b2_ade20k', miou='48.0'),
)


def colours(path):
    picture = Image.open(path).convert('RGB')
    assert min(picture.size) > 400
    return {colour for _, colour in picture.getcolors(10**6)}


HRVIT, CSWIN, MIT = (0xC0, 0x39, 0x2B), (0x24, 0x71, 0xA3), (0x6B, 0x7A, 0x1F)


def test_figure_5_shows_three_families(tmp_path):
    costs = {
        row.config: Part('', int(float(row.params) * 1e6), Macs(10**9))
        for row in FIGURE_5
    }
    path = tmp_path / 'new/figure.png'
    draw_costs(FIGURE_5, Measured(costs), path)
    assert {HRVIT, CSWIN, MIT} <= colours(path)


def test_latency_shows_the_systems_that_have_one(tmp_path):
    path = tmp_path / 'latency.png'
    seconds = dict(hrvit_b1_ade20k=0.01, hrvit_b2_ade20k=0.02, other=1.0)
    draw_latency(ROWS, seconds, 'H100', {}, path)
    assert HRVIT in colours(path)
    assert MIT not in colours(path)


def test_latency_of_other_systems_is_one_line(tmp_path):
    with pytest.raises(InputError, match='--latency has none'):
        draw_latency(ROWS, dict(other=1.0), 'H100', {}, tmp_path / 'latency.png')


def test_points_are_where_they_belong():
    axes = Figure().subplots()
    costs = dict(hrvit_b1_ade20k=1.0, hrvit_b2_ade20k=2.0, mit_b0_ade20k=3.0)
    draw_panel(axes, ROWS, costs, {'hrvit_b2_ade20k': Score(best=47.0, last=46.0)})
    hrvit, own, mit, _ = axes.lines
    assert hrvit.get_xydata().tolist() == [[1, 45], [2, 48]]
    assert own.get_xydata().tolist() == [[2, 47]]
    assert mit.get_xydata().tolist() == [[3, 37]]
    assert [text.get_text() for text in axes.texts] == ['b1', 'b2', 'B0']
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ['HRViT', 'MiT', 'trained here']
