"""Drawn streets, annotated in the ways that people annotate data of their own."""

import base64
import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data import IMAGE_SIZE
from mmseg_hrvit.datasets.scenes import draw_scene
from mmseg_hrvit.datasets.scenes.scene import LABELS

SIZE = (64, 96)  # height, width
NAMES = list(LABELS)  # 'unlabelled' first
COLOURS = [(k * 83 % 256, k * 47 % 256, k * 131 % 256) for k in range(len(NAMES))]


def draw_streets(folder: Path, count: int) -> dict[str, np.ndarray]:
    """Writes images of streets, ``FOLDER/street_N.jpg``.

    Args:
        folder (Path): Where they go.
        count (int): How many.

    Returns:
        dict[str, np.ndarray]: Labels (height, width) by name; k is ``NAMES[k]``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels = {}
    for i in range(count):
        image, values = draw_scene(i, *SIZE)
        image.save(folder / f'street_{i}.jpg')
        labels[f'street_{i}'] = np.array(values)
    return labels


def write_masks(folder: Path, labels: dict[str, np.ndarray]) -> None:
    """Writes label maps in colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in labels.items():
        colours = np.array(COLOURS, np.uint8)[values]
        Image.fromarray(colours).save(folder / f'{name}.png')


def write_table(path: Path) -> Path:
    """Writes the colours as CSV."""
    rows = [f'{name},{r},{g},{b}' for name, (r, g, b) in dict_of_colours().items()]
    path.write_text('\n'.join(['name,r,g,b', *rows]))
    return path


def dict_of_colours() -> dict[str, tuple[int, int, int]]:
    """Colours by names."""
    return dict(zip(NAMES, COLOURS, strict=True))


def write_labelme(folder: Path, labels: dict[str, np.ndarray]) -> None:
    """Writes LabelMe's files beside images: a mask a class."""
    for name, values in labels.items():
        shapes = [
            labelme_mask(NAMES[k], values == k) for k in np.unique(values) if k > 0
        ]
        write_shapes(folder / f'{name}.json', shapes)


def labelme_mask(label: str, bits: np.ndarray) -> dict:
    """Makes a mask of LabelMe, cut to where it is."""
    (top, left), (bottom, right) = (f(np.nonzero(bits), 1) for f in (np.min, np.max))
    cut = bits[top : bottom + 1, left : right + 1]
    file = io.BytesIO()
    Image.fromarray(cut).save(file, 'PNG')
    return dict(
        label=label,
        shape_type='mask',
        points=[[int(left), int(top)], [int(right), int(bottom)]],
        mask=base64.b64encode(file.getvalue()).decode(),
    )


def write_shapes(path: Path, shapes: list[dict]) -> None:
    """Writes one file of LabelMe."""
    data = dict(version='5.5.0', flags={}, imagePath=f'{path.stem}.jpg')
    path.write_text(json.dumps(dict(data, imageData=None, shapes=shapes)))


def write_coco(path: Path, labels: dict[str, np.ndarray], kind: str) -> None:
    """Writes a file in COCO's format.

    Args:
        path (Path): The file.
        labels (dict[str, np.ndarray]): The labels.
        kind (str): 'polygons', 'counts' (of runs) or 'packed' (the same as a text).
    """
    encode = dict(polygons=to_polygons, counts=to_counts, packed=to_packed)[kind]
    annotations = [
        dict(image_id=i, category_id=int(k), segmentation=encode(values == k))
        for i, values in enumerate(labels.values())
        for k in np.unique(values)
        if k > 0
    ]
    data = dict(
        images=[dict(id=i, file_name=f'{name}.jpg') for i, name in enumerate(labels)],
        annotations=[dict(a, id=i, iscrowd=0) for i, a in enumerate(annotations)],
        categories=[dict(id=k, name=NAMES[k]) for k in range(1, len(NAMES))],
    )
    path.write_text(json.dumps(data))


def to_polygons(bits: np.ndarray) -> list[list[float]]:
    """Outlines of a class, enlarged to the outer edges of its pixels."""
    scale = 8
    large = np.kron(bits.astype(np.uint8), np.ones((scale, scale), np.uint8))
    outlines, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [(line.reshape(-1) / scale).tolist() for line in outlines if len(line) > 2]


def to_counts(bits: np.ndarray) -> dict:
    """Lengths of runs, column by column, zeros first."""
    flat = np.concatenate([[0], bits.T.reshape(-1).astype(int), [0]])
    edges = np.flatnonzero(np.diff(flat))
    counts = np.diff([0, *edges, bits.size]).tolist()
    return dict(size=list(bits.shape), counts=counts[: len(edges) + 1])


def to_packed(bits: np.ndarray) -> dict:
    """The same as a text, by pycocotools itself."""
    from pycocotools import mask

    packed = mask.encode(np.asfortranarray(bits.astype(np.uint8)))
    return dict(size=packed['size'], counts=packed['counts'].decode())


def write_polygons(root: Path) -> np.ndarray:
    """Turns the label files of a drawn Cityscapes into polygons: a car on a road.

    Args:
        root (Path): From ``data.make_cityscapes``.

    Returns:
        np.ndarray: What each label file must become, (height, width).
    """
    height, width = IMAGE_SIZE
    boxes = {
        'road': (0, 0, width, height),
        'car': (10, 20, 30, 40),
        'ego vehicle': (0, 90, width, height),
    }
    objects = [
        dict(
            label=label,
            polygon=[[x, y], [right - 1, y], [right - 1, low - 1], [x, low - 1]],
        )
        for label, (x, y, right, low) in boxes.items()
    ]
    text = json.dumps(dict(imgHeight=height, imgWidth=width, objects=objects))
    for labels in root.rglob('*_labelTrainIds.png'):
        labels.unlink()
        name = labels.name.replace('labelTrainIds.png', 'polygons.json')
        labels.with_name(name).write_text(text)
    expected = np.zeros(IMAGE_SIZE, np.uint8)
    expected[20:40, 10:30] = 13  # the car
    expected[90:] = 255
    return expected
