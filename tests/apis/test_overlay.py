import json

import numpy as np
import pytest

from export_data import build_small
from mmseg_hrvit.apis.areas import count_areas, write_areas
from mmseg_hrvit.apis.overlay import (
    LINE,
    draw_legend,
    draw_overlay,
    draw_panels,
    measure,
)


@pytest.fixture
def metadata():
    return build_small('hrvit_b1_camvid')[1]


def test_colours_are_mixed_and_the_legend_names_what_is_seen(metadata):
    image = np.full((30, 400, 3), 100, np.uint8)
    labels = np.zeros((30, 400), np.int64)
    labels[:, 200:] = 3  # road: (128, 64, 128)
    picture = draw_overlay(image, labels, metadata, opacity=0.5)
    assert picture.shape == (30 + LINE, 400, 3)
    assert picture[0, 399].tolist() == [114, 82, 114]
    flat = picture[30:].reshape(-1, 3).tolist()
    assert [128, 64, 128] in flat
    assert [128, 128, 128] in flat
    assert [0, 0, 128] not in flat  # building, which is not there


def test_a_narrow_legend_has_more_rows():
    colours = np.zeros((3, 3), np.uint8)
    names = ['one', 'two', 'three']
    assert len(draw_legend(names, colours, 400)) == LINE
    assert len(draw_legend(names, colours, 60)) == 3 * LINE


def test_areas_as_csv_and_json(metadata, tmp_path):
    labels = np.array([[0, 0, 3], [3, 3, 10]])
    areas = count_areas(labels, metadata)
    assert sum(areas.values()) == 6
    assert (areas['sky'], areas['road'], areas['bicyclist']) == (2, 3, 1)
    write_areas([('a.jpg', areas)], tmp_path / 'areas.json')
    written = json.loads((tmp_path / 'areas.json').read_text())
    assert written['a.jpg']['road'] == dict(pixels=3, share=0.5)
    write_areas([('a, b.jpg', areas)], tmp_path / 'areas.csv')
    lines = (tmp_path / 'areas.csv').read_text().splitlines()
    assert lines[0] == 'image,class,pixels,share'
    assert '"a, b.jpg",road,3,0.500000' in lines
    assert len(lines) == 12


def test_a_name_never_leaves_the_picture():
    name = 'a class with a name that is much too long for this picture'
    for width in (40, 100, 200):
        # Drawn on a wider picture, nothing would come after the width.
        wide = draw_legend([name], np.zeros((1, 3), np.uint8), 2000)
        assert measure(name) > width
        narrow = draw_legend([name], np.zeros((1, 3), np.uint8), width)
        assert narrow.shape == (LINE, width, 3)
        assert (narrow[:, -2:] == 255).all()
        assert (wide[:, width - 2 : width] != 255).any()


def test_the_legend_of_a_video_has_one_size(metadata):
    image = np.zeros((30, 200, 3), np.uint8)
    shapes = {
        draw_overlay(
            image, np.full((30, 200), k), metadata, 0.5, all_classes=True
        ).shape
        for k in range(11)
    }
    assert len(shapes) == 1


def test_panels_show_image_truth_and_prediction(metadata):
    image = np.full((30, 100, 3), 100, np.uint8)
    truth = np.full((30, 100), 255)
    truth[:, :50] = 3
    prediction = np.full((30, 100), 0)
    maps = dict(truth=truth, prediction=prediction)
    picture = draw_panels(image, maps, metadata, opacity=1.0)
    assert picture.shape[1] == 300
    body = picture[LINE : LINE + 30]
    assert (body[:, :100] == 100).all()
    assert (body[:, 100:150] == [128, 64, 128]).all()  # road
    assert (body[:, 150:200] == 100).all()  # ignored
    assert (body[:, 200:] == [128, 128, 128]).all()  # sky
    assert (picture[:LINE, :100] < 200).any()  # the caption
