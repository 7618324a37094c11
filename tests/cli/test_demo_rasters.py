"""The command line of ``hrvit demo`` for rasters."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import rasterio
import torch
from mmengine.registry import MODELS
from rasterio.enums import MaskFlags

from endings import exit_status
from hrvit_cli import Verb
from mmseg_hrvit.apis import Segmenter
from paths import TOOLS
from raster_data import CLASSES, draw_blocks, raster_config, read_raster, write_raster
from reference import fill


@pytest.fixture
def model(tmp_path):
    """Config and checkpoint of a network of four bands."""
    cfg = raster_config(tmp_path, 4, pairs=[])
    network = fill(MODELS.build(cfg.model))
    cfg.dump(tmp_path / 'net.py')
    torch.save(dict(state_dict=network.state_dict()), tmp_path / 'net.pth')
    return [tmp_path / 'net.py', tmp_path / 'net.pth']


def draw(size=(150, 170), seed=0):
    bands = [draw_blocks(seed + k, 200, size) for k in range(4)]
    return np.stack(bands).astype(np.uint16)


run = partial(exit_status, Verb('demo'))


def expect(model, image):
    array = np.ascontiguousarray(image.transpose(1, 2, 0)).astype(np.float32)
    (result,) = Segmenter.from_checkpoint(*model)([array])
    return result.labels


def test_a_raster_becomes_a_geotiff_and_a_table(model, tmp_path, capsys):
    image = draw()
    image[:, :20] = 0
    source = write_raster(tmp_path / 'city.tif', image, nodata=0)
    out = tmp_path / 'out'
    assert run(source, *model, '--out', out, '--probabilities', 'wood') == 0
    assert '1 raster: ' in capsys.readouterr().out
    with rasterio.open(out / 'labels/city.tif') as file:
        assert file.mask_flag_enums == ([MaskFlags.nodata],)
        labels, valid = file.read(1), file.dataset_mask() > 0
    assert np.array_equal(valid, (image > 0).any(0))
    assert np.array_equal(labels[valid], expect(model, image)[valid])
    assert read_raster(out / 'labels/city_probabilities.tif').shape == (1, 150, 170)
    rows = [x.split(',') for x in (out / 'areas.csv').read_text().splitlines()[1:]]
    assert [row[1] for row in rows] == list(CLASSES)
    counts = np.bincount(labels[valid], minlength=4)
    assert [int(row[2]) for row in rows] == counts.tolist()
    before = (out / 'areas.csv').read_bytes()
    assert run(source, *model, '--out', out, '--probabilities', 'wood') == 0
    assert (out / 'areas.csv').read_bytes() == before


def test_a_file_as_the_result_and_other_bands(model, tmp_path):
    image = draw()
    source = write_raster(tmp_path / 'city.tif', image)
    out = tmp_path / 'maps/map.tif'
    bands = ['--bands', 4, 3, 2, 1]
    assert run(source, *model, '--out', out, *bands, '--areas', 'json') == 0
    assert np.array_equal(read_raster(out)[0], expect(model, image[::-1]))
    assert (tmp_path / 'maps/map.json').is_file()


def test_a_folder_of_tiles_with_a_broken_one(model, tmp_path, capsys):
    for i in range(2):
        write_raster(tmp_path / f'tiles/{i}.tif', draw(seed=9 * i))
    (tmp_path / 'tiles/2.tif').write_text('no raster')
    assert run(tmp_path / 'tiles', *model, '--out', tmp_path / 'out') == 1
    assert 'skipped: ' in capsys.readouterr().err
    for i in range(2):
        found = read_raster(tmp_path / f'out/labels/{i}.tif')[0]
        assert np.array_equal(found, expect(model, draw(seed=9 * i)))


@pytest.mark.parametrize('change', ['config', 'checkpoint'])
def test_another_network_by_the_same_names_is_refused(model, tmp_path, capsys, change):
    config, checkpoint = model
    source = write_raster(tmp_path / 'city.tif', draw())
    assert run(source, *model, '--out', tmp_path / 'out') == 0
    if change == 'config':
        line = "model['backbone']['des_act_cfg'] = dict(type='GELU')"
        config.write_text(f'{config.read_text()}\n{line}\n')
    else:
        state = torch.load(checkpoint)['state_dict']
        state['decode_head.conv_seg.bias'] += 1
        torch.save(dict(state_dict=state), checkpoint)
    assert run(source, *model, '--out', tmp_path / 'out') == 2
    assert 'from another raster, network or windows' in capsys.readouterr().err


def test_through_an_exported_file(model, tmp_path):
    """torch.export needs no other package; the labels are those of the network."""
    image = draw()
    source = write_raster(tmp_path / 'city.tif', image)
    file = tmp_path / 'net.pt2'
    args = [*model, '--to', 'torchexport', '--out', file, '--size', 96, 128]
    Verb('export').main([str(arg) for arg in args])
    assert run(source, file, '--out', tmp_path / 'out') == 0
    found = read_raster(tmp_path / 'out/labels/city.tif')[0]
    same = found == expect(model, image)
    assert same.mean() > 0.999  # the order of sums is another one


@pytest.mark.full
def test_two_processes_make_the_same_files(model, tmp_path):
    """Of three rasters one is broken, where the second process reads it."""
    folder = tmp_path / 'rasters'
    for name in ('a', 'b', 'c'):
        write_raster(folder / f'{name}.tif', draw((1100, 90)))
    with rasterio.open(folder / 'b.tif') as file:
        last = int(file.get_tag_item('BLOCK_OFFSET_0_4', 'TIFF', bidx=1))
    with open(folder / 'b.tif', 'r+b') as file:
        file.truncate(last)
    assert run(folder, *model, '--out', tmp_path / 'one') == 1
    command = [TOOLS / 'dist_demo.sh', 2, folder, *model, '--out', tmp_path / 'two']
    path = f'{sys.prefix}/bin:/usr/bin:/bin'
    done = subprocess.run(
        [str(arg) for arg in command],
        env=dict(PATH=path, PYTHONPATH=str(TOOLS.parent), HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.count('skipped: ') == 1
    for name in ('labels/a.tif', 'labels/c.tif', 'areas.csv'):
        one, two = (tmp_path / made / name for made in ('one', 'two'))
        assert one.read_bytes() == two.read_bytes(), name
    assert not (tmp_path / 'two/labels/b.tif').exists()


def test_tables_and_maps_of_others_are_not_replaced(model, tmp_path, capsys):
    source = write_raster(tmp_path / 'city.tif', draw())
    probabilities = write_raster(tmp_path / 'm_probabilities.tif', draw())
    for name in ('map.csv', 'map.json'):
        (tmp_path / name).write_text('id,owner\n')
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for image, out, *options in (
        (source, source),
        (source, tmp_path / 'map.tif'),
        (source, tmp_path / 'map.tif', '--areas', 'json'),
        (probabilities, tmp_path / 'm.tif', '--probabilities', 'wood'),
        (source, source / 'below'),
    ):
        assert run(image, *model, '--out', out, *options) == 2
        assert 'give another' in (told := capsys.readouterr().err) or 'a file' in told
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_tiles_without_data_and_tiles_that_differ_in_the_suffix(model, tmp_path):
    names = {'a.tif': draw(), 'a.tiff': draw(seed=7), 'b.tif': draw() * 0}
    for name, values in names.items():
        write_raster(tmp_path / 'tiles' / name, values, nodata=0)
    out = tmp_path / 'out'
    for _ in range(2):
        assert run(tmp_path / 'tiles', *model, '--out', out) == 0
    for made, name in {'a.tif.tif': 'a.tif', 'a.tiff.tif': 'a.tiff'}.items():
        valid = names[name].any(0)
        found = read_raster(out / 'labels' / made)[0]
        assert np.array_equal(found[valid], expect(model, names[name])[valid])
    assert (read_raster(out / 'labels/b.tif') == 255).all()
    rows = [x.split(',') for x in (out / 'areas.csv').read_text().splitlines()]
    assert [row[2:] for row in rows if row[0] == 'b.tif'] == [['0', '0.000000']] * 4


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--bands', 1, 2, 3, 9], 'has the bands 1 to 4, and band 9 is requested'),
        (['--bands', 1, 2], 'the network takes 4 bands'),
        (['--probabilities', 'sea'], "no class is called 'sea'"),
        (['--window', 8, 8, '--stride', 9, 9], 'windows would leave gaps'),
    ],
)
def test_mistakes_are_one_line(model, tmp_path, capsys, options, message):
    source = write_raster(tmp_path / 'city.tif', draw())
    assert run(source, *model, '--out', tmp_path / 'out', *options) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith('error: ')
    assert message in line
    assert not (tmp_path / 'out').exists()
