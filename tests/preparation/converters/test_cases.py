"""Inputs as people have them: what the command line must make of each.

Every one ends in right pixels, or in a line that names what is wrong.
"""

import base64
import io
import json
import shlex
from dataclasses import dataclass

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from data import load_tool
from mmseg_hrvit.datasets.image_header import ORIENTATION

SIZE = (24, 36)
ROWS, COLUMNS = np.mgrid[: SIZE[0], : SIZE[1]]
# A car in the upper left quarter, on a road.
TRUTH = np.where((ROWS < 12) & (COLUMNS < 18), 1, 0).astype(np.uint8)
CAR = [[0, 0], [17, 0], [17, 11], [0, 11]]
COLOURS = np.array([[128, 64, 128], [0, 0, 142]], np.uint8)
TABLE = 'name,r,g,b\nroad,128,64,128\ncar,0,0,142\n'
NUMBERS = 'name,r,g,b\nroad,0,0,0\ncar,1,1,1\n'
NAMES = ('a', 'b', 'c', 'd')


@dataclass
class Project:
    """A folder with images, and what is written beside them."""

    root: object

    def __post_init__(self):
        self.images, self.masks = self.root / 'images', self.root / 'masks'
        for folder in (self.images, self.masks):
            folder.mkdir()
        (self.root / 'table.csv').write_text(TABLE)
        for name in NAMES:
            self.write_image(name)
            self.write_mask(name, COLOURS[TRUTH])

    def write_image(self, name, orientation=1, size=SIZE, suffix='jpg'):
        """Writes an image whose red is high where the truth, as stored, has a car."""
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        pixels = np.full((*size, 3), 60, np.uint8)
        pixels[: size[0] // 2, : size[1] // 2, 0] = 220
        path = self.images / f'{name}.{suffix}'
        Image.fromarray(pixels).save(path, exif=exif)
        return path

    def write_mask(self, name, pixels, suffix='png', mode=None, **options):
        path = self.masks / f'{name}.{suffix}'
        Image.fromarray(np.asarray(pixels), mode).save(path, **options)
        return path

    def number_masks(self, dtype=np.uint8, factor=1, **options):
        """Writes masks of numbers, and their table."""
        (self.root / 'table.csv').write_text(NUMBERS)
        for name in NAMES:
            self.write_mask(name, TRUTH.astype(dtype) * dtype(factor), **options)

    def write_labelme(self, name, shapes=None, **more):
        data = dict(
            imagePath=f'{name}.jpg',
            imageData=None,
            imageHeight=SIZE[0],
            imageWidth=SIZE[1],
            shapes=[shape('car', CAR)] if shapes is None else shapes,
        )
        path = self.images / f'{name}.json'
        path.write_text(json.dumps({**data, **more}))
        return path

    def write_coco(self, change=lambda data: None):
        data = dict(
            images=[
                dict(id=i, file_name=f'{name}.jpg', height=SIZE[0], width=SIZE[1])
                for i, name in enumerate(NAMES)
            ],
            annotations=[
                dict(id=i, image_id=i, category_id=5, segmentation=[outline()])
                for i in range(len(NAMES))
            ],
            categories=[dict(id=5, name='car')],
        )
        change(data)
        (self.root / 'coco.json').write_text(json.dumps(data))


def shape(label, points, kind='polygon'):
    return dict(label=label, points=points, shape_type=kind)


def outline():
    """The same car by the outer edges of its pixels."""
    return [0, 0, 18, 0, 18, 12, 0, 12]


ALL = object()


def get_stem(path):
    return path.stem


class Result:
    """What a call of the converter has left."""

    def __init__(self, out, status, text):
        self.out, self.status, self.text = out, status, text

    def labels(self):
        return {
            path.stem: np.asarray(Image.open(path))
            for path in sorted(self.out.rglob('annotations/**/*.png'), key=get_stem)
        }


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def convert(tmp_path, capsys):
    def run(kind, *options, out=None):
        out = out or tmp_path / 'out'
        table = tmp_path / 'table.csv'
        sources = dict(
            masks=[tmp_path / 'images', tmp_path / 'masks', table],
            labelme=[tmp_path / 'images'],
            coco=[tmp_path / 'coco.json', tmp_path / 'images'],
        )
        if kind != 'masks':
            options = ('--background', 'road', *options)
        args = [kind, *sources[kind], out, *options, '--workers', '1']
        with pytest.raises(SystemExit) as exit:
            load_tool('dataset/convert').main(
                [*map(str, args), '--base', 'hrvit_quickstart']
            )
        told = capsys.readouterr()
        assert 'Traceback' not in told.err
        return Result(out, exit.value.code, told.out + told.err)

    return run


def sixteen_bits(project):
    project.number_masks(np.uint16)


def thirty_two_bits(project):
    project.number_masks(np.int32)


def sixteen_bits_of_large_numbers(project):
    project.number_masks(np.uint16, factor=256)


def floats(project):
    project.number_masks(np.float32, suffix='tif')
    for path in project.masks.glob('*.png'):
        path.unlink()


def numbers_as_jpeg(project):
    project.number_masks(format='JPEG')


def colours_as_jpeg(project):
    project.write_mask('a', COLOURS[TRUTH], format='JPEG')


def transparent_colours(project):
    alpha = np.where(TRUTH, 0, 255)[..., None].astype(np.uint8)
    project.write_mask('a', np.concatenate([COLOURS[TRUTH], alpha], 2))


def transparent_palette(project):
    image = Image.fromarray(TRUTH, 'P')
    image.putpalette(COLOURS.ravel().tolist())
    image.save(project.masks / 'a.png', transparency=1)


def opaque_alpha(project):
    alpha = np.full((*SIZE, 1), 255, np.uint8)
    project.write_mask('a', np.concatenate([COLOURS[TRUTH], alpha], 2))


def palettes(project):
    for name in NAMES:
        image = Image.fromarray(1 - TRUTH if name == 'a' else TRUTH, 'P')
        order = COLOURS[::-1] if name == 'a' else COLOURS
        image.putpalette(order.ravel().tolist())
        image.save(project.masks / f'{name}.png')


def mask_of_another_size(project):
    project.write_mask('a', COLOURS[TRUTH[:12]])


def mask_without_an_image(project):
    project.write_mask('z', COLOURS[TRUTH])


def stored_masks_of_turned_images(project):
    for name in NAMES:
        project.write_image(name, orientation=6)


def shown_masks_of_turned_images(project):
    for name in NAMES:
        project.write_image(name, orientation=6)
        project.write_mask(name, COLOURS[np.rot90(TRUTH, -1)])


def masks_of_images_upside_down(project):
    for name in NAMES:
        project.write_image(name, orientation=3)


def sidecars(project):
    for name in NAMES:
        (project.masks / f'{name}.png').rename(project.images / f'{name}_m.png')
    project.masks.rmdir()
    project.masks.symlink_to(project.images)


def one_folder(project):
    """Both arguments lead to the label maps."""
    for path in project.images.iterdir():
        path.unlink()
    project.images.rmdir()
    project.images.symlink_to(project.masks)


def one_folder_of_both(project):
    """Both arguments lead to a folder that holds the two folders."""
    inner = project.images / 'images'
    inner.mkdir()
    for path in project.images.glob('*.jpg'):
        path.rename(inner / path.name)
    project.masks.rename(project.images / 'masks')
    project.masks.symlink_to(project.images)


def behind_links(project):
    (project.root / 'else').mkdir()
    for folder in ('images', 'masks'):
        (project.root / folder).rename(project.root / 'else' / folder)
        (project.root / folder).mkdir()
        (project.root / folder / 'day').symlink_to(project.root / 'else' / folder)


def rare_suffixes(project):
    (project.images / 'a.jpg').unlink()
    project.write_image('a', suffix='ppm')
    (project.images / 'b.jpg').rename(project.images / 'b.JFIF')


# How the input is made, what is called, the exit status, what is said, and the images
# whose labels must be right; ALL: all four.
MASKS = {
    'nothing special': (lambda p: None, [], 0, '4 pairs (train 3, val 1)', ALL),
    '16 bits': (sixteen_bits, [], 0, 'classes (images): road (4), car (4)', ALL),
    '32 bits': (thirty_two_bits, [], 0, '', ALL),
    '16 bits of large numbers': (
        sixteen_bits_of_large_numbers,
        [],
        2,
        'numbers from 0 to 256',
        '',
    ),
    'floats': (floats, [], 2, 'floating point numbers', ''),
    'numbers as JPEG': (numbers_as_jpeg, [], 2, 'is a JPEG, compressed', ''),
    'one JPEG': (colours_as_jpeg, [], 1, 'a.png cannot be used: it is a JPEG', 'bcd'),
    'transparent': (transparent_colours, [], 1, '216 of its pixels have a col', 'bcd'),
    'transparent palette': (transparent_palette, [], 1, 'but are transparent', 'bcd'),
    'opaque': (opaque_alpha, [], 0, '', ALL),
    'palettes that differ': (palettes, [], 0, '', ALL),
    'another size': (mask_of_another_size, [], 1, 'give the image that was', 'bcd'),
    'no image': (mask_without_an_image, [], 1, 'z.png has no image: add it', ALL),
    'EXIF 3': (masks_of_images_upside_down, [], 1, 'warning: EXIF (orienta', ALL),
    'sidecars': (sidecars, ['--mask-ending', '_m'], 0, '4 pairs', ALL),
    'one folder': (one_folder, [], 2, 'is given as an image and as its label map', ''),
    'one folder of both': (one_folder_of_both, [], 2, 'as its label map', ''),
    'links': (behind_links, [], 0, '4 pairs', ALL),
    'rare suffixes': (rare_suffixes, [], 0, '4 pairs', ALL),
}


@pytest.mark.parametrize('case', MASKS)
def test_masks(project, convert, case):
    make, options, status, said, right = MASKS[case]
    make(project)
    check(convert('masks', *options), status, said, right)


def check(result, status, said, right, truth=TRUTH):
    assert result.status == status, result.text
    assert said in result.text
    labels = result.labels()
    assert ''.join(labels) == (''.join(NAMES) if right is ALL else right)
    assert all(np.array_equal(found, truth) for found in labels.values())


@pytest.mark.parametrize(
    'make', [stored_masks_of_turned_images, shown_masks_of_turned_images]
)
def test_images_that_exif_turns_are_written_upright(project, convert, make):
    make(project)
    result = convert('masks')
    check(result, 0, '4 pairs', ALL, truth=np.rot90(TRUTH, -1))
    for path in result.out.glob('images/*/*'):
        image = Image.open(path)
        assert image.getexif().get(ORIENTATION, 1) == 1
        is_car = np.asarray(image)[..., 0] > 140
        assert (is_car == np.rot90(TRUTH, -1).astype(bool)).mean() > 0.98


def spoilt(**changes):
    """Spoils the file of the first image."""

    def make(project):
        for name in NAMES:
            project.write_labelme(name, **(changes if name == 'a' else {}))

    return make


def with_bom(project):
    spoilt()(project)
    path = project.images / 'a.json'
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes())


def upper_case(project):
    spoilt()(project)
    (project.images / 'a.json').rename(project.images / 'a.JSON')


def no_json(project):
    spoilt()(project)
    (project.images / 'a.json').unlink()


def resized(project):
    spoilt()(project)
    project.write_image('a', size=(12, 18))


def turned_since(project):
    """Labelled as stored: 24 high, 36 wide; shown it is 36 high."""
    spoilt()(project)
    for name in NAMES:
        project.write_image(name, orientation=6)


def two_of_one(project):
    spoilt()(project)
    project.write_labelme('z', imagePath='a.jpg')


def shifted(project):
    """The images were numbered again, one further."""
    for name, other in zip(NAMES, 'bcde', strict=True):
        project.write_labelme(name, imagePath=f'{other}.jpg')
    project.write_image('e')


def own_pixels(change, **options):
    """The first file holds pixels itself."""

    def make(project):
        pixels = np.random.default_rng(0).integers(0, 256, (24, 36, 3), np.uint8)
        Image.fromarray(pixels).save(project.images / 'a.jpg', quality=95)
        file = io.BytesIO()
        Image.fromarray(change(pixels)).save(file, **options)
        spoilt(imageData=base64.b64encode(file.getvalue()).decode())(project)

    return make


OTHER_PIXELS = 'a.json: the picture in its imageData is not that in '
HUGE = [[10**400, 0], [9, 0], [9, 9]]
NAN = [[0, 0], [float('nan'), 3], [9, 9]]
SHARES = [[0.1, 0.2], [0.4, 0.2], [0.4, 0.5]]
OUTSIDE = [[40, 30], [50, 30], [50, 40]]
LABELME = {
    'nothing special': (spoilt(), 0, '4 pairs', ALL),
    'a BOM': (with_bom, 0, '4 pairs', ALL),
    'upper case': (upper_case, 0, '4 pairs', ALL),
    'no JSON': (no_json, 0, '1 picture without a JSON file', 'bcd'),
    'spaces': (spoilt(shapes=[shape(' car ', CAR)]), 0, 'car (4)', ALL),
    'upper and lower case': (
        spoilt(shapes=[shape('Car', CAR)]),
        2,
        "'Car' and 'car' differ only in upper and lower case",
        '',
    ),
    'no label': (spoilt(shapes=[shape(' ', CAR)]), 1, 'a shape has no label', 'bcd'),
    'resized': (resized, 1, 'a.jpg has the size (12, 18), but its annotat', 'bcd'),
    'sizes as texts': (spoilt(imageHeight='24', imageWidth=36.0), 0, '4 pairs', ALL),
    'another size as a text': (
        spoilt(imageHeight='48', imageWidth='72'),
        1,
        'but its annotation has the size (48, 72)',
        'bcd',
    ),
    'half a size': (spoilt(imageHeight=None), 0, '4 pairs', ALL),
    'half of another size': (
        spoilt(imageHeight=None, imageWidth=72),
        1,
        'but its annotation has the size (None, 72)',
        'bcd',
    ),
    'no size': (spoilt(imageHeight=0), 1, 'a.json: its image has the height 0', 'bcd'),
    'a path of Windows': (spoilt(imagePath='C:\\me\\a.jpg'), 0, '4 pairs', ALL),
    'no path': (spoilt(imagePath=None), 0, '4 pairs', ALL),
    'own pixels': (spoilt(imagePath='no.jpg', imageData='AA'), 0, '4 pairs', ALL),
    'shifted': (shifted, 2, 'a.json: its imagePath is b.jpg, but ', ''),
    'pixels compressed again': (
        own_pixels(lambda x: x, format='JPEG', quality=75),
        0,
        '4 pairs',
        ALL,
    ),
    'pixels of another picture': (
        own_pixels(lambda x: x[::-1], format='PNG'),
        1,
        OTHER_PIXELS,
        ALL,
    ),
    'pixels of another size': (
        own_pixels(lambda x: x[:16], format='PNG'),
        1,
        OTHER_PIXELS,
        ALL,
    ),
    'a number as a label': (spoilt(shapes=[shape(7, CAR)]), 0, '7 (1)', None),
    'no text as a label': (
        spoilt(shapes=[shape(None, CAR)]),
        1,
        'a.json: a shape has the label None, the shape_type',
        'bcd',
    ),
    'points that are none': (
        spoilt(shapes=[shape('car', None)]),
        1,
        'points None',
        'bcd',
    ),
    'no image': (spoilt(imagePath='no.jpg'), 1, 'no.jpg is missing', 'bcd'),
    'NaN': (spoilt(shapes=[shape('car', NAN)]), 1, 'has the point (nan, 3.0)', 'bcd'),
    'huge': (spoilt(shapes=[shape('car', HUGE)]), 1, 'has the point (inf, 0', 'bcd'),
    'no kind': (
        spoilt(shapes=[shape('car', CAR, [{}])]),
        1,
        "a.json: a shape has the label 'car', the shape_type [{}] and",
        'bcd',
    ),
    'far away': (
        spoilt(shapes=[shape('car', [[0, 0], [1e8, 0], [9, 9]])]),
        1,
        'point (1e+08, 0) is far outside of its image of 36 x 24',
        'bcd',
    ),
    'one point': (
        spoilt(shapes=[shape('car', [[3, 3]], 'rectangle')]),
        1,
        '(1 corner)',
        'bcd',
    ),
    'shares': (spoilt(shapes=[shape('car', SHARES)]), 1, 'all between 0 and 1', 'bcd'),
    'outside': (spoilt(shapes=[shape('car', OUTSIDE)]), 1, 'covers no pixel', 'bcd'),
    'a circle outside': (
        spoilt(shapes=[shape('car', [[50, 40], [50, 44]], 'circle')]),
        1,
        'it covers no pixel of its image',
        'bcd',
    ),
    'a circle of no radius': (
        spoilt(shapes=[shape('car', [[9, 9], [9, 9]], 'circle')]),
        1,
        'a circle needs its centre and another point, on its edge',
        'bcd',
    ),
    'no numbers': (spoilt(shapes=[shape('car', [['x']])]), 1, 'not pairs of', 'bcd'),
    'two of one': (two_of_one, 1, 'z.json annotates ', ALL),
}


@pytest.mark.parametrize('case', LABELME)
def test_labelme(project, convert, case):
    make, status, said, right = LABELME[case]
    make(project)
    result = convert('labelme')
    if right is None:  # of other classes
        assert (result.status, said in result.text) == (status, True)
    else:
        check(result, status, said, right)


def test_the_count_of_what_is_skipped_is_that_of_the_lines(project, convert):
    pytest.importorskip('pycocotools')

    def spoil(data):
        unknown_image(data)
        data['images'][1]['height'] = -1  # its annotation is not told again

    project.write_coco(spoil)
    text = convert('coco').text
    assert text.count('skipped: ') == 2
    assert '3 pairs (train 2, val 1), 2 skipped' in text


def test_shapes_of_stored_pixels_are_turned_with_them(project, convert):
    turned_since(project)
    check(convert('labelme'), 0, '4 pairs', ALL, truth=np.rot90(TRUTH, -1))


def annotation(**changes):
    """Changes the first annotation."""
    return lambda data: data['annotations'][0].update(changes)


def record(**changes):
    """Changes the first image."""
    return lambda data: data['images'][0].update(changes)


def twice(data):
    """The second shape of an image hangs on a second record of it."""
    data['images'].append(dict(data['images'][0], id=77))
    half = dict(data['annotations'][0], segmentation=[[0, 0, 18, 0, 18, 6, 0, 6]])
    other = [[0, 6, 18, 6, 18, 12, 0, 12]]
    data['annotations'][0] = half
    data['annotations'].append(dict(half, id=77, image_id=77, segmentation=other))


def twice_by_another_path(data):
    twice(data)
    data['images'][-1]['file_name'] = './a.jpg'


def texts(data):
    for item in data['annotations']:
        item.update(image_id=str(item['image_id']), category_id='5')


def floats_for_ids(data):
    for item in data['annotations']:
        item.update(image_id=float(item['image_id']), category_id=5.0)


def unknown_image(data):
    data['annotations'][0].update(image_id=99)
    data['annotations'].append(dict(data['annotations'][0], id=50))


def one_id_of_two(data):
    data['images'][1]['id'] = 0


def none(data):
    data['annotations'] = []


def runs(*counts, size=SIZE):
    return annotation(segmentation=dict(size=size, counts=[*counts]))


def car_as_runs():
    edges = np.flatnonzero(np.diff(TRUTH.T.ravel().astype(int), prepend=0))
    return np.diff([0, *edges, TRUTH.size]).tolist()


def rows_first(data):
    """Runs row by row, as numpy has them by default."""
    counts = [*[18, 18] * 12, 432]
    runs(0, *counts)(data)
    data['annotations'][0]['bbox'] = [0, 0, 18, 12]


def boxed(*box, **changes):
    return annotation(bbox=[*box], **changes)


BOTTOM = [[4, 16, 34, 16, 34, 23, 4, 23]]
COCO = {
    'a box': (boxed(0, 0, 18, 12), 0, '4 pairs', ALL),
    'a rounded box': (boxed(0.4, 0.3, 17, 11.5), 0, '4 pairs', ALL),
    'a box by two corners': (boxed(0, 0, 18, 12), 0, '4 pairs', ALL),
    'a box by its centre': (boxed(9, 6, 18, 12), 0, '4 pairs', ALL),
    'a box of shares': (boxed(0.25, 0.25, 0.5, 0.5), 0, '4 pairs', ALL),
    'an empty box': (boxed(0, 0, 0, 0), 0, '4 pairs', ALL),
    'no box': (boxed(0, 0, None, 3), 0, '4 pairs', ALL),
    'a box of the whole shape': (
        boxed(-6, 0, 24, 12, segmentation=[[-6, 0, 18, 0, 18, 12, -6, 12]]),
        0,
        '4 pairs',
        ALL,
    ),
    'a box of a larger image': (
        boxed(8, 32, 60, 14, segmentation=BOTTOM),
        1,
        'annotation 0 has the bbox [8, 32, 60, 14], but its shape is in [4, 16, 30, 7]',
        'bcd',
    ),
    'y before x': (
        boxed(4, 16, 30, 7, segmentation=[[16, 4, 16, 34, 23, 34, 23, 4]]),
        1,
        'but its shape is in [16, 4, 7, 20]: repair',
        'bcd',
    ),
    'runs row by row': (rows_first, 1, 'has the bbox [0, 0, 18, 12], but its', 'bcd'),
    'nothing special': (lambda data: None, 0, '4 pairs', ALL),
    'an image twice': (twice, 0, '4 pairs', ALL),
    'an image twice, by two paths': (twice_by_another_path, 0, '4 pairs', ALL),
    'numbers as texts': (texts, 0, '4 pairs', ALL),
    'a path of Windows': (record(file_name='D:\\set\\a.jpg'), 0, '4 pairs', ALL),
    'runs': (runs(*car_as_runs()), 0, '4 pairs', ALL),
    'one polygon without its list': (annotation(segmentation=outline()), 0, '', ALL),
    'an unknown image': (
        unknown_image,
        1,
        '2 annotations of image 99, which is not in images: add it',
        None,
    ),
    'no image': (
        annotation(image_id=None),
        1,
        '1 annotation of image None, which',
        None,
    ),
    'no name': (record(file_name=None), 1, 'has the file_name None', 'bcd'),
    'one number of two images': (one_id_of_two, 2, 'image 0 is a.jpg and b.jpg', ''),
    'no annotations': (none, 2, 'has no annotations', ''),
    'a box alone': (annotation(segmentation=[], bbox=[0, 0, 5, 5]), 1, 'a box', 'bcd'),
    'no segmentation': (annotation(segmentation=None), 1, 'a box alone', 'bcd'),
    'two points': (annotation(segmentation=[[1, 1, 9, 9]]), 1, 'three pairs', 'bcd'),
    'NaN': (
        annotation(segmentation=[[0, 0, float('nan'), 0, 9, 9]]),
        1,
        'it has the point (nan, 0.0)',
        'bcd',
    ),
    'huge': (annotation(segmentation=[[10**400, 0, 9, 0, 9, 9]]), 1, '(inf, 0', 'bcd'),
    'numbers as floats': (floats_for_ids, 0, '4 pairs', ALL),
    'far away': (annotation(segmentation=[[0, 0, 1e8, 0, 9, 9]]), 1, 'far out', 'bcd'),
    'short runs': (runs(3, 4), 1, 'its runs have 7 pixels, but its image 864', 'bcd'),
    'runs of another size': (runs(4, size=[2, 2]), 1, 'has the size [2, 2]', 'bcd'),
    'shares': (
        annotation(segmentation=[[0.1, 0.2, 0.4, 0.2, 0.4, 0.5]]),
        1,
        'all b',
        'bcd',
    ),
    'one point': (annotation(segmentation=[[10] * 8]), 1, 'covers no pixel', 'bcd'),
    'a line': (annotation(segmentation=[[5, 5, 9, 9, 7, 7]]), 1, 'no pixel', 'bcd'),
    'outside': (annotation(segmentation=[[40, 9, 50, 9, 50, 20]]), 1, 'no pix', 'bcd'),
    'runs of nothing': (runs(864), 1, 'it covers no pixel of its image', 'bcd'),
    'smaller than a pixel': (
        annotation(segmentation=[[9.1, 9.1, 9.3, 9.1, 9.3, 9.3]]),
        0,
        '4 pairs',
        None,
    ),
    'resized': (record(height=48, width=72), 1, 'but its annotation has', 'bcd'),
    'resized in floats': (record(height=48.0, width=72.0), 1, 'size (48, 72)', 'bcd'),
    'resized in half': (record(height=48, width=None), 1, 'size (48, None)', 'bcd'),
    'sizes as texts': (record(height='24', width=36.0), 0, '4 pairs', ALL),
    'no size': (record(width=-1), 1, 'image a.jpg has the width -1: write', 'bcd'),
}


@pytest.mark.parametrize('case', COCO)
def test_coco(project, convert, case):
    pytest.importorskip('pycocotools')
    change, status, said, right = COCO[case]
    project.write_coco(change)
    result = convert('coco')
    if right is not None:
        check(result, status, said, right)
        return
    assert (result.status, said in result.text) == (status, True)
    assert not result.labels()['a'].any()  # all of it is the background


QUARTER = 'lie in the upper left quarter of their images: if their coordinates are perc'


@pytest.mark.parametrize(('right', 'status'), [(17, 1), (30, 0)])
def test_shapes_that_all_lie_in_one_quarter(project, convert, right, status):
    pytest.importorskip('pycocotools')
    corners = [[0, 0], [right, 0], [right, 11], [0, 11]]
    two = [shape('car', [[1, 1], [9, 1], [9, 9]]), shape('car', corners)]
    for name in NAMES:
        project.write_labelme(name, two)

    def shapes_too(data):
        data['annotations'] = [
            dict(id=i, image_id=i, category_id=5, segmentation=[flat])
            for i in range(len(NAMES))
            for flat in ([1, 1, 9, 1, 9, 9], [0, 0, right, 0, right, 11, 0, 11])
        ]

    project.write_coco(shapes_too)
    for kind in ('labelme', 'coco'):
        result = convert(kind, out=project.root / kind)
        assert result.status == status
        assert (QUARTER in result.text) == bool(status)
        assert not status or '(8 in 4 images)' in result.text


def test_what_has_no_annotation_is_told(project, convert):
    pytest.importorskip('pycocotools')
    project.write_image('spare')

    def drop(data):
        data['annotations'].pop()

    project.write_coco(drop)
    text = convert('coco').text
    assert "no annotation in 1 image: all pixels are 'road'" in text
    assert '1 picture without a valid entry in ' in text and 'spare.jpg' in text


def test_labelme_files_without_shapes_are_told(project, convert):
    spoilt(shapes=[])(project)
    text = convert('labelme').text
    assert "no annotation in 1 image: all pixels are 'road'" in text


def test_categories_of_one_name_are_told(project, convert):
    pytest.importorskip('pycocotools')
    twins = [dict(id=5, name='car'), dict(id=6, name='car ')]
    project.write_coco(lambda data: data.update(categories=twins))
    result = convert('coco')
    check(result, 0, "categories 5, 6 are all 'car': they become one class", ALL)


def move(project, **splits):
    """Puts the images and masks into folders of splits."""
    for split, names in splits.items():
        for folder in (project.images, project.masks):
            (folder / split).mkdir()
            for name in names:
                (path,) = folder.glob(f'{name}.*')
                path.rename(folder / split / path.name)


def test_a_split_for_testing_is_tested(project, convert):
    move(project, train='ab', val='c', test='d')
    cfg = Config.fromfile(convert('masks').out / 'out.py')
    assert cfg.test_dataloader.dataset.data_prefix.img_path == 'images/test'
    assert cfg.val_dataloader.dataset.data_prefix.img_path == 'images/val'


@pytest.mark.parametrize(
    ('splits', 'said'),
    [
        (dict(train='abc', test='d'), "put some into a folder 'val'"),
        (
            dict(train='abc', val='d'),
            'no usable image for val, of 1: repair them',
        ),
    ],
)
def test_advice_that_helps(project, convert, splits, said):
    move(project, **splits)
    for path in project.images.rglob('d.jpg'):
        path.write_bytes(b'no image')
    result = convert('masks')
    assert result.status == 2 and said in result.text
    assert '--val-share' not in result.text


def test_one_class_of_masks_gets_no_advice_for_others(project, convert):
    (project.root / 'table.csv').write_text('name,r,g,b\nroad,128,64,128\n')
    result = convert('masks')
    assert result.status == 2 and 'add rows to the table' in result.text


@pytest.mark.parametrize('name', ["it's", 'say "no"', "'", 'a b', 'v1.2', 'größe'])
def test_any_folder_may_be_written_to(project, convert, name):
    out = project.root / name
    result = convert('masks', out=out)
    check(result, 0, '4 pairs', ALL)
    command = result.text.partition('train it: ')[2]
    assert shlex.split(command) == ['hrvit', 'train', str(out / f'{name}.py')]
    cfg = Config.fromfile(out / f'{name}.py')
    assert (out / 'images').samefile(cfg.train_dataloader.dataset.data_root + 'images')


def test_a_folder_that_cannot_be_made_is_one_line(project, convert):
    (project.root / 'file').touch()
    result = convert('masks', out=project.root / 'file/out')
    assert result.status == 2 and 'cannot be written' in result.text


def test_names_of_another_encoding(project, convert):
    for folder, suffix in ((project.images, '.jpg'), (project.masks, '.png')):
        name = 'caf\udce9' + suffix  # Latin-1 on the disk
        (folder / f'a{suffix}').rename(folder / name)
    result = convert('masks')
    assert result.status == 0 and '4 pairs' in result.text
    assert all(np.array_equal(found, TRUTH) for found in result.labels().values())
