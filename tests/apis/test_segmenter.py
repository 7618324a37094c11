"""From images to label maps, by a network or by an exported file."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from mmseg.apis import MMSegInferencer
from PIL import Image

import mmseg_hrvit
from data import draw_pair, make_camvid
from export_data import build_small, save_small, small_config
from mmseg_hrvit.apis import Segmenter
from mmseg_hrvit.apis.load_model import load_model
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.export import load_engine, write_network
from mmseg_hrvit.export.metadata import fix_size
from raster_data import draw_blocks, raster_config
from reference import fill

CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def checkpoint(tmp_path):
    network, _ = build_small(CONFIG)
    torch.save(dict(state_dict=network.state_dict()), tmp_path / 'net.pth')
    return tmp_path / 'net.pth'


@pytest.fixture
def segmenter(checkpoint):
    return Segmenter.from_checkpoint(small_config(CONFIG), checkpoint)


SIZE = (96, 128)  # of the images that the exported file takes


@pytest.fixture(scope='module')
def network(tmp_path_factory):
    """A network that is quickly exported, with its segmenter."""
    folder = tmp_path_factory.mktemp('net')
    with DefaultScope.overwrite_default_scope('mmseg'):
        config, checkpoint = save_small(CONFIG, folder, branches=2)
        segmenter = Segmenter.from_checkpoint(config, checkpoint)
        return load_model(small_config(CONFIG, 2), checkpoint), segmenter


def export(network, path, **changes):
    trained, segmenter = network
    metadata = replace(fix_size(segmenter.metadata, SIZE), **changes)
    write_network(trained, path, metadata, 'torchexport')
    return path


@pytest.fixture(scope='module')
def exported_file(network, tmp_path_factory):
    return export(network, tmp_path_factory.mktemp('exported') / 'net.pt2')


@pytest.fixture
def images(tmp_path):
    folder = make_camvid(tmp_path / 'camvid', num_images=3) / 'images/val'
    return sorted(folder.iterdir())


def test_paths_and_arrays_alone_and_in_a_batch(segmenter, images):
    arrays = [cv2.imread(str(path)) for path in images]
    results = segmenter(images, probabilities=True)
    for path, array, result in zip(images, arrays, results, strict=True):
        (alone,) = segmenter([path])
        assert alone.probabilities is None
        assert alone.labels.dtype == np.uint8
        assert alone.labels.shape == array.shape[:2]
        assert (alone.labels == result.labels).mean() > 0.999
        assert np.array_equal(segmenter([array])[0].labels, alone.labels)
        assert result.probabilities.shape == (11, *array.shape[:2])
        assert np.allclose(result.probabilities.sum(0), 1, atol=1e-5)
        assert np.array_equal(result.probabilities.argmax(0), result.labels)


def test_the_same_labels_as_mmsegs_inferencer(segmenter, images, checkpoint, tmp_path):
    cfg = small_config(CONFIG)
    cfg.dump(tmp_path / 'config.py')
    inferencer = MMSegInferencer(
        str(tmp_path / 'config.py'), str(checkpoint), device='cpu', show_progress=False
    )
    expected = inferencer(str(images[0]))['predictions']
    assert np.array_equal(segmenter([images[0]])[0].labels, expected)


def test_inferencer_takes_a_shipped_config():
    path = mmseg_hrvit.config('hrvit_quickstart')
    inferencer = MMSegInferencer(path, device='cpu', show_progress=False)
    image = np.zeros((40, 50, 3), np.uint8)
    assert inferencer(image)['predictions'].shape == (40, 50)


def test_an_exported_file_gives_the_same(exported_file, network, images):
    exported = Segmenter.from_file(exported_file)
    segmenter = network[1]
    assert exported.metadata.classes == segmenter.metadata.classes
    metadata = fix_size(segmenter.metadata, SIZE)
    expected = Segmenter(segmenter.segmentor, metadata)(images, probabilities=True)
    actual = exported(images, probabilities=True)
    for a, e in zip(actual, expected, strict=True):
        assert np.allclose(a.probabilities, e.probabilities, atol=1e-4)
        assert (a.labels == e.labels).mean() > 0.999


def test_windows_of_an_exported_file_have_its_size(exported_file):
    exported = Segmenter.from_file(exported_file)
    with pytest.raises(InputError, match='takes images of 96 x 128'):
        exported.segmentor(torch.zeros(1, 3, 32, 64), mode='predict')
    assert load_engine(exported_file).metadata.size == list(SIZE)


def test_files_of_labels_alone_are_refused(network, tmp_path):
    path = export(network, tmp_path / 'net.pt2', output='labels')
    with pytest.raises(InputError, match='gives only labels'):
        Segmenter.from_file(path)


def test_one_image_of_every_kind(segmenter, images):
    expected = segmenter(images[0])
    array = cv2.imread(str(images[0]))
    rgb = np.ascontiguousarray(array[..., ::-1])
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    for given, order in (
        (str(images[0]), 'bgr'),
        (array, 'bgr'),
        (rgb, 'rgb'),
        (tensor, 'bgr'),
        (tensor.flip(0), 'rgb'),
        (Image.fromarray(rgb), 'bgr'),
        (Image.fromarray(rgb).convert('RGBA'), 'rgb'),
    ):
        result = segmenter(given, channel_order=order)
        assert np.array_equal(result.labels, expected.labels)
        assert np.array_equal(result.image, array)
    assert not np.array_equal(segmenter(rgb).labels, expected.labels)


@pytest.mark.parametrize('size', [1, 2, 8])
def test_batches_keep_the_order(segmenter, images, size):
    mixed = [images[0], np.zeros((40, 60, 3), np.uint8), *images[1:], images[0]]
    alone = [segmenter(image).labels for image in mixed]
    together = segmenter(mixed, batch_size=size)
    for a, b in zip(alone, together, strict=True):
        assert a.shape == b.labels.shape
        assert (a == b.labels).mean() > 0.999


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (
            np.zeros((2, 8, 8, 3), np.uint8),
            r'\(2, 8, 8, 3\) is not an image: .* a list',
        ),
        (np.zeros((8, 8), np.uint8), r'\(8, 8\) is not an image'),
        (np.zeros((3, 8, 8), np.uint8), r'\(3, 8, 8\) is not an image'),
        (np.zeros((8, 8, 3)), 'float64 is not an image: .* 0 to 255'),
        (torch.zeros(8, 8, 3), r'tensor of the shape \(8, 8, 3\) is not an image'),
        ([b'bytes'], 'an image cannot be of type bytes'),
        (b'bytes', 'images cannot be of type bytes'),
        ({'a': 1}, 'images cannot be of type dict'),
        (None, 'images cannot be of type NoneType'),
        (Image.new('I;16', (8, 8)), 'of the mode I;16 is not one of 8 bits'),
        (Image.new('F', (8, 8)), 'of the mode F is not one of 8 bits'),
        (Image.new('I', (8, 8)), 'of the mode I is not one of 8 bits'),
    ],
)
def test_what_is_no_image_is_refused(segmenter, image, message):
    with pytest.raises(InputError, match=message):
        segmenter(image)


def test_the_device_and_the_order_are_checked(checkpoint, segmenter):
    with pytest.raises(InputError, match='device=cuda:99: cannot be used here'):
        Segmenter.from_checkpoint(small_config(CONFIG), checkpoint, device='cuda:99')
    with pytest.raises(InputError, match="CUDA graphs need one of NVIDIA's"):
        Segmenter.from_checkpoint(
            small_config(CONFIG), checkpoint, 'cpu', cuda_graphs=True
        )
    with pytest.raises(InputError, match="choose 'bgr' or 'rgb'"):
        segmenter(np.zeros((8, 8, 3), np.uint8), channel_order='RGB')
    for size in (0, 1.5, '2'):
        with pytest.raises(InputError, match=f'batch_size={size!r}: give a whole'):
            segmenter([], batch_size=size)


def test_a_device_is_for_a_checkpoint(tmp_path):
    with pytest.raises(InputError, match='--device cpu: an exported file runs on'):
        Segmenter.from_arguments([str(tmp_path / 'net.onnx')], 'cpu')


def test_a_result_is_drawn_and_saved(segmenter, images, tmp_path):
    result = segmenter(images[0])
    height, width = result.labels.shape
    picture = result.plot(opacity=0)
    assert picture.width == width
    assert picture.height > height
    assert np.array_equal(np.asarray(picture)[:height, :, ::-1], result.image)
    result.save(tmp_path / 'new/overlay.png')
    with Image.open(tmp_path / 'new/overlay.png') as saved:
        assert saved.size == picture.size
    with pytest.raises(InputError, match=r'use \.png or \.jpg'):
        result.save(tmp_path / 'overlay.what')
    with pytest.raises(InputError, match=r'new is a folder: give the name of a file'):
        result.save(tmp_path / 'new')
    with pytest.raises(InputError, match=r'overlay\.png is a file, not a folder'):
        result.save(tmp_path / 'new/overlay.png/overlay.png')
    with pytest.raises(InputError, match='opacity 2: choose 0 to 1'):
        result.plot(2)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
@pytest.mark.parametrize('bands', [1, 3, 4])
def test_a_result_of_bands_is_drawn(tmp_path, bands, dtype):
    cfg = raster_config(tmp_path, bands, pairs=[])
    network = fill(MODELS.build(cfg.model))
    torch.save(dict(state_dict=network.state_dict()), tmp_path / 'net.pth')
    values = draw_blocks(0, 200, (60, 70)).astype(dtype)
    image = np.stack([values] * bands, axis=-1)
    result = Segmenter.from_checkpoint(cfg, tmp_path / 'net.pth')(image)
    picture = np.asarray(result.plot(opacity=0))[:60]
    assert (picture == picture[..., :1]).all()  # grey, as all bands are the same
    order = values.ravel().argsort()
    assert (np.diff(picture[..., 0].ravel()[order].astype(int)) >= 0).all()


def test_bad_images(segmenter, tmp_path):
    with pytest.raises(DataError, match='there is no such file'):
        segmenter([tmp_path / 'none.jpg'])
    (tmp_path / 'text.jpg').write_text('no image')
    with pytest.raises(DataError, match=r'text\.jpg cannot be read'):
        segmenter([tmp_path / 'text.jpg'])


def test_a_config_inside_a_checkpoint_is_never_run(tmp_path, images):
    network, _ = build_small(CONFIG)
    trap = f"open({str(tmp_path / 'trapped')!r}, 'w')"
    meta = dict(cfg=trap, config=trap)
    saved = dict(state_dict=network.state_dict(), meta=meta)
    torch.save(saved, tmp_path / 'trap.pth')
    segmenter = Segmenter.from_checkpoint(small_config(CONFIG), tmp_path / 'trap.pth')
    assert segmenter(images[:1])
    assert not (tmp_path / 'trapped').exists()


def test_images_of_other_sizes_keep_them(segmenter, tmp_path):
    paths = [tmp_path / f'{i}.png' for i in range(3)]
    sizes = ((40, 90), (90, 40), (40, 90))
    for path, size in zip(paths, sizes, strict=True):
        draw_pair(path, path.with_suffix('.map.png'), [0], size=size)
    assert [r.labels.shape for r in segmenter(paths)] == list(sizes)
