import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.datasets.label_survey import Survey
from mmseg_hrvit.preparation.survey_report import draw_survey, to_dict, to_text

WARNINGS = ['train: in no image: moon']
SIZES = {(90, 160): 2, (50, 50): 1}


@pytest.fixture
def found():
    return Survey(
        classes=['road', 'car', 'moon'],
        palette=[[200, 10, 20], [10, 190, 30], [0, 0, 255]],
        first=0,
        is_subset=False,
        total=4,
        samples=4,
        pixels=np.array([600, 200, 0]),
        images=np.array([3, 1, 0]),
        ignored=200,
        values=np.zeros(256),
        masks=0,
        brightest=255,
        sizes=Counter(SIZES),
        colours={},
        turns=[],
        unread=[],
        faults=['label map x.png is missing'],
    )


def test_the_text_has_shares_sizes_and_faults(found):
    text = to_text(found, WARNINGS)
    rows = [line.replace('|', ' ').split() for line in text.splitlines()]
    assert ['road', '75.000', '3'] in rows
    assert ['moon', '0.000', '0'] in rows
    assert 'ignored: 20.000 % of all pixels' in text
    assert '90 x 160 (2), 50 x 50 (1)' in text
    assert text.splitlines()[-3:] == [
        '4 images, 1 error, 1 warning',
        'label map x.png is missing',
        'warning: train: in no image: moon',
    ]


def test_each_fault_is_one_line(found):
    found.faults[:] = ['label map a\n.png is missing']
    assert to_text(found, ['b\n.png']).splitlines()[-2:] == [
        'label map a .png is missing',
        'warning: b .png',
    ]


def test_many_sizes_are_cut_short(found):
    found.sizes.update({(i, 7): 1 for i in range(1, 9)})
    assert 'and 5 more' in to_text(found, WARNINGS)


def test_a_data_set_without_a_whole_file_has_a_report(found, tmp_path):
    found.sizes.clear()
    found.pixels[:] = 0
    assert 'none read' in to_text(found, WARNINGS)
    draw_survey(found, 'train', tmp_path / 'train.png')
    assert Image.open(tmp_path / 'train.png').size[0] > 1000


def test_json_holds_all_of_it(found):
    report = json.loads(json.dumps(to_dict(found, WARNINGS)))
    assert report['classes']['road'] == dict(share=0.75, pixels=600, images=3)
    assert report['sizes'][0] == dict(height=90, width=160, images=2)
    assert (report['samples'], report['faults']) == (4, found.faults)
    assert report['warnings'] == WARNINGS


def test_the_bars_have_the_classes_colours_and_lengths(found, tmp_path):
    draw_survey(found, 'train', tmp_path / 'train.png')
    pixels = np.asarray(Image.open(tmp_path / 'train.png').convert('RGB')).astype(int)
    road, car = (
        (abs(pixels - colour).max(-1) < 3).sum() for colour in found.palette[:2]
    )
    assert 2.8 < road / car < 3.2
