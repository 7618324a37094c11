"""CamVid as published: 32 classes in colours, of which papers use 11."""

from dataclasses import replace
from pathlib import Path

from mmseg_hrvit.datasets.camvid import CamVidDataset

from .masks import read_masks
from .source import Source

VOID = 'Void'
# Colours (R, G, B) of the published classes, under the class that papers use.
COLOURS = {
    'sky': [(128, 128, 128)],  # Sky
    'building': [
        (128, 0, 0),  # Building
        (192, 0, 128),  # Archway
        (0, 128, 64),  # Bridge
        (64, 0, 64),  # Tunnel
        (64, 192, 0),  # Wall
    ],
    'pole': [
        (192, 192, 128),  # Column_Pole
        (0, 0, 64),  # TrafficCone
    ],
    'road': [
        (128, 64, 128),  # Road
        (128, 0, 192),  # LaneMkgsDriv
        (192, 0, 64),  # LaneMkgsNonDriv
    ],
    'pavement': [
        (0, 0, 192),  # Sidewalk
        (64, 192, 128),  # ParkingBlock
        (128, 128, 192),  # RoadShoulder
    ],
    'tree': [
        (128, 128, 0),  # Tree
        (192, 192, 0),  # VegetationMisc
    ],
    'sign symbol': [
        (192, 128, 128),  # SignSymbol
        (128, 128, 64),  # Misc_Text
        (0, 64, 64),  # TrafficLight
    ],
    'fence': [(64, 64, 128)],  # Fence
    'car': [
        (64, 0, 128),  # Car
        (64, 128, 192),  # SUVPickupTruck
        (192, 128, 192),  # Truck_Bus
        (192, 64, 128),  # Train
        (128, 64, 64),  # OtherMoving
    ],
    'pedestrian': [
        (64, 64, 0),  # Pedestrian
        (192, 128, 64),  # Child
        (64, 0, 192),  # CartLuggagePram
        (64, 128, 64),  # Animal
    ],
    'bicyclist': [
        (0, 128, 192),  # Bicyclist
        (192, 0, 192),  # MotorcycleScooter
    ],
    VOID: [(0, 0, 0)],
}
# First and last frame of the usual validation part, all of them in one drive, and
# of the usual training part of a drive whose rest is for testing.
VALIDATION = ('0016E5_07959', '0016E5_08159')
TESTED_DRIVES = ('Seq05VD', '0001TP')
LAST_FRAME = '0001TP_008520'


def read_camvid(images: Path, masks: Path) -> Source:
    """Reads the published folders, and splits them as papers do.

    Args:
        images (Path): ``701_StillsRaw_full``.
        masks (Path): ``LabeledApproved_full``.

    Returns:
        Source: 367 images for training, 101 for validation, 233 for testing.

    Raises:
        InputError: If a folder is missing or empty.
    """
    colours = [(name, colour) for name in COLOURS for colour in COLOURS[name]]
    source = read_masks(images, masks, colours, [VOID], mask_ending='_L')
    return replace(
        source,
        palette=CamVidDataset.METAINFO['palette'],
        pairs=[
            replace(pair, name=f'{choose_split(pair.name)}/{pair.name}')
            for pair in source.pairs
        ],
    )


def choose_split(name: str) -> str:
    """Returns the split of a frame that papers use."""
    if VALIDATION[0] <= name <= VALIDATION[1]:
        return 'val'
    is_tested = name.startswith(TESTED_DRIVES) and not (
        name.startswith('0001TP') and name <= LAST_FRAME
    )
    return 'test' if is_tested else 'train'
