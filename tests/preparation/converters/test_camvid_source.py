import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.datasets.camvid import CamVidDataset
from mmseg_hrvit.preparation.converters.camvid import COLOURS, choose_split, read_camvid

CLASSES = CamVidDataset.METAINFO['classes']
ALL = [colour for colours in COLOURS.values() for colour in colours]


# The file label_colors.txt of the data set, and under what papers count each class.
PUBLISHED = """
64 128 64 Animal: pedestrian
192 0 128 Archway: building
0 128 192 Bicyclist: bicyclist
0 128 64 Bridge: building
128 0 0 Building: building
64 0 128 Car: car
64 0 192 CartLuggagePram: pedestrian
192 128 64 Child: pedestrian
192 192 128 Column_Pole: pole
64 64 128 Fence: fence
128 0 192 LaneMkgsDriv: road
192 0 64 LaneMkgsNonDriv: road
128 128 64 Misc_Text: sign symbol
192 0 192 MotorcycleScooter: bicyclist
128 64 64 OtherMoving: car
64 192 128 ParkingBlock: pavement
64 64 0 Pedestrian: pedestrian
128 64 128 Road: road
128 128 192 RoadShoulder: pavement
0 0 192 Sidewalk: pavement
192 128 128 SignSymbol: sign symbol
128 128 128 Sky: sky
64 128 192 SUVPickupTruck: car
0 0 64 TrafficCone: pole
0 64 64 TrafficLight: sign symbol
192 64 128 Train: car
128 128 0 Tree: tree
192 128 192 Truck_Bus: car
64 0 64 Tunnel: building
192 192 0 VegetationMisc: tree
0 0 0 Void: Void
64 192 0 Wall: building
"""


def test_the_published_colours_are_in_their_classes():
    expected = {}
    for line in PUBLISHED.strip().splitlines():
        *colour, name = line.split(maxsplit=3)
        expected[tuple(map(int, colour))] = name.partition(': ')[2]
    found = {colour: name for name, colours in COLOURS.items() for colour in colours}
    assert found == expected
    assert len(found) == len(ALL) == 32


def test_they_become_the_11_classes(tmp_path):
    for folder in ('images', 'masks'):
        (tmp_path / folder).mkdir()
    picture = Image.fromarray(np.array([ALL], np.uint8))
    picture.save(tmp_path / 'images/0001TP_006690.png')
    picture.save(tmp_path / 'masks/0001TP_006690_L.png')
    source = read_camvid(tmp_path / 'images', tmp_path / 'masks')
    assert tuple(source.classes) == CLASSES
    assert source.palette == CamVidDataset.METAINFO['palette']
    (pair,) = source.pairs
    assert pair.name == 'train/0001TP_006690'
    drawn = pair.read_labels((1, 32))[0].tolist()
    expected = [
        CLASSES.index(name) if name in CLASSES else 255
        for name, colours in COLOURS.items()
        for _ in colours
    ]
    assert drawn == expected
    assert set(drawn) == {*range(11), 255}


@pytest.mark.parametrize(
    ('name', 'split'),
    [
        ('0001TP_006690', 'train'),
        ('0001TP_008520', 'train'),
        ('0001TP_008550', 'test'),
        ('0006R0_f00930', 'train'),
        ('0016E5_00390', 'train'),
        ('0016E5_07957', 'train'),
        ('0016E5_07959', 'val'),
        ('0016E5_08159', 'val'),
        ('0016E5_08190', 'train'),
        ('Seq05VD_f00000', 'test'),
    ],
)
def test_frames_are_split_as_in_papers(name, split):
    assert choose_split(name) == split
