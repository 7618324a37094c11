"""The command line of tools/demo.py."""

import json
from functools import partial

import cv2
import numpy as np
import pytest
import torch

from data import draw_pair, load_tool
from endings import exit_status
from export_data import save_small
from mmseg_hrvit.apis import Segmenter, runs

CONFIG = 'hrvit_b1_camvid'


@pytest.fixture
def model(tmp_path):
    """Config and checkpoint of a small network."""
    return save_small(CONFIG, tmp_path)


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / 'images'
    for i in range(6):
        draw_pair(folder / f'{i}.jpg', tmp_path / 'unused.png', [0], i, (40, 56))
    for i in range(2):
        (folder / f'broken{i}.jpg').write_text('no image')
    return folder


run = partial(exit_status, load_tool('demo'))


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob('*.*'))


def test_a_folder_with_broken_files(model, images, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run(images, *model, '--out', out, '--batch-size', 4) == 1
    err = capsys.readouterr().err
    assert err.count('skipped') == 2
    assert 'broken1.jpg cannot be read' in err
    assert files(out / 'labels') == [f'{i}.png' for i in range(6)]
    labels = cv2.imread(str(out / 'labels/0.png'), cv2.IMREAD_UNCHANGED)
    (expected,) = Segmenter.from_checkpoint(*model)([images / '0.jpg'])
    assert np.array_equal(labels, expected.labels)
    overlay = cv2.imread(str(out / 'overlays/0.jpg'))
    assert overlay.shape[0] > 40
    assert overlay.shape[1] == 56
    assert len((out / 'areas.csv').read_text().splitlines()) == 1 + 6 * 11


def test_goes_on_where_it_was_killed(model, images, tmp_path, monkeypatch):
    out = tmp_path / 'out'
    seen = []
    real = Segmenter.__call__

    def segment(self, batch, **kwargs):
        seen.extend(batch)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return real(self, batch, **kwargs)

    monkeypatch.setattr(runs.Segmenter, '__call__', segment)
    args = [str(a) for a in (images, *model, '--out', out, '--areas', 'json')]
    with pytest.raises(SystemExit):
        load_tool('demo').main(args)
    assert len(files(out / 'labels')) == 3
    seen.clear()
    seen.append(None)  # counts past the place of the interrupt
    seen.extend([None] * 4)
    assert run(*args) == 1
    assert len(seen) - 5 == 3  # none done twice
    assert len(json.loads((out / 'areas.json').read_text())) == 6


def test_one_image_and_a_video(model, images, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run(images / '0.jpg', *model, '--out', out) == 0
    assert files(out / 'labels') == ['0.png']
    film = tmp_path / 'film.avi'
    write_film(film, images)
    args = ['--batch-size', 2, '--max-frames', 3, '--labels']
    assert run(film, *model, '--out', out, *args) == 0
    assert files(out / 'labels') == ['0.png', '000000.png', '000001.png', '000002.png']
    assert '3 frames' in capsys.readouterr().out
    video = cv2.VideoCapture(str(out / 'overlays.mp4'))
    assert sum(1 for _ in runs.read_frames(video)) == 3
    assert len((out / 'areas.csv').read_text().splitlines()) == 1 + 3 * 11


def write_film(path, images, count=5):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (56, 40))
    for i in range(count):
        writer.write(cv2.imread(str(images / f'{i}.jpg')))
    writer.release()


def test_a_damaged_video_is_told(model, images, tmp_path, capsys):
    film, out = tmp_path / 'film.avi', tmp_path / 'out'
    write_film(film, images)
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 4 // 5])
    assert run(film, *model, '--out', out) == 1
    said = capsys.readouterr()
    count = int(said.out.partition(' frame')[0].split()[-1])
    assert 0 < count < 5
    assert f'film.avi: only {count} of 5 frames can be read' in said.err
    write_film(film, images, 0)
    assert run(film, *model, '--out', tmp_path / 'none') == 2
    assert 'film.avi: no frame can be read' in capsys.readouterr().err
    assert files(tmp_path / 'none') == []


def test_a_video_is_not_written_over_itself(model, images, tmp_path, capsys):
    write_film(tmp_path / 'film.avi', images)
    assert run(tmp_path / 'film.avi', *model, '--out', tmp_path) == 0
    film = tmp_path / 'overlays.mp4'
    before = film.read_bytes()
    assert run(film, *model, '--out', tmp_path) == 2
    assert 'overlays.mp4 is also an input' in capsys.readouterr().err
    assert film.read_bytes() == before


def test_each_image_has_its_own_result(model, images, tmp_path):
    source, out = tmp_path / 'source', tmp_path / 'out'
    source.mkdir()
    for i, name in enumerate(('a.jpg', 'a.png', 'a.jpg.png', 'b.c.jpg')):
        image = cv2.imread(str(images / f'{i}.jpg'))
        cv2.imwrite(str(source / name), image)
    assert run(source, *model, '--out', out) == 0
    names = ['a.jpg.png', 'a.jpg.png.png', 'a.png.png', 'b.c.png']
    assert files(out / 'labels') == names


def test_a_link_to_nothing_is_skipped(model, good, tmp_path, capsys):
    (good / 'link.jpg').symlink_to(tmp_path / 'none.jpg')
    assert run(good, *model, '--out', tmp_path / 'out') == 1
    assert 'link.jpg: there is no such file' in capsys.readouterr().err
    assert len(files(tmp_path / 'out/labels')) == 6


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['none.jpg', 'net.onnx'], 'none.jpg: no image there'),
        ([__file__, 'net.onnx'], 'net.onnx: there is no such file'),
        ([__file__, 'a', 'b', 'c'], 'give a config and a checkpoint, or a file'),
        ([__file__, 'hrvit_b9', 'x.pth'], "no config is called 'hrvit_b9'"),
        ([__file__, 'net.onnx', '--batch-size', '0'], 'give 1 or more'),
    ],
)
def test_mistakes_are_one_line(args, message, capsys):
    assert run(*args) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ')
    assert message in line


def test_an_exported_file_and_the_models_code_is_not_run(images, tmp_path):
    """tools/export.py writes it; a process that cannot build the network uses it."""
    model = save_small(CONFIG, tmp_path, branches=2)
    out = tmp_path / 'net.pt2'
    args = ['--to', 'torchexport', '--out', out, '--size', 40, 56]
    load_tool('export').main([str(arg) for arg in (*model, *args)])
    assert run(images / '1.jpg', out, '--out', tmp_path / 'out') == 0
    assert files(tmp_path / 'out/labels') == ['1.png']


def same(out, model, images, names):
    """Whether label maps are what a network says of the images that are there now."""
    segmenter = Segmenter.from_checkpoint(*model)
    return all(
        np.array_equal(
            cv2.imread(
                str(out / f'labels/{name.removesuffix(".jpg")}.png'),
                cv2.IMREAD_UNCHANGED,
            ),
            segmenter([images / name])[0].labels,
        )
        for name in names
    )


@pytest.fixture
def good(images):
    for path in images.glob('broken*'):
        path.unlink()
    return images


NAMES = [f'{i}.jpg' for i in range(6)]


def test_another_network_does_all_again(model, good, tmp_path, monkeypatch):
    out = tmp_path / 'out'
    assert run(good, *model, '--out', out) == 0
    config, checkpoint = model
    content = torch.load(checkpoint, weights_only=True)
    weights = content.get('state_dict', content)
    for value in weights.values():
        if value.is_floating_point():
            value.mul_(-1)
    other = tmp_path / 'other.pth'
    torch.save(content, other)
    assert run(good, config, other, '--out', out) == 0
    assert same(out, (config, other), good, NAMES)
    assert not same(out, model, good, NAMES)


def test_a_folder_without_a_readable_image(model, tmp_path, capsys):
    (tmp_path / 'bad').mkdir()
    (tmp_path / 'bad/1.jpg').write_text('no image')
    assert run(tmp_path / 'bad', *model, '--out', tmp_path / 'out') == 2
    said = capsys.readouterr()
    assert (said.out + said.err).count('1.jpg cannot be read') == 1


def test_another_image_of_the_same_name_is_done_again(model, good, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run(good, *model, '--out', out) == 0
    before = {path.name: path.stat().st_mtime_ns for path in out.glob('areas/*.json')}
    (good / '5.jpg').replace(good / '0.jpg')
    (good / '1.jpg').write_text('no image')
    capsys.readouterr()
    assert run(good, *model, '--out', out) == 1
    after = {path.name: path.stat().st_mtime_ns for path in out.glob('areas/*.json')}
    assert same(out, model, good, ['0.jpg', '2.jpg'])
    assert not (out / 'labels/1.png').exists()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {'0.json'}
    assert 'the folder also has 1 label map of other images' in capsys.readouterr().out


@pytest.mark.parametrize('source', ['images', 'images/**/*.jpg'])
def test_results_below_the_images_are_no_images(model, good, tmp_path, source, capsys):
    for _ in range(2):
        assert run(tmp_path / source, *model, '--out', good / 'results') == 0
        assert '6 images: ' in capsys.readouterr().out
    assert len(files(good / 'results/labels')) == 6


def test_results_among_the_images_are_refused(model, good, capsys):
    assert run(good, *model, '--out', good) == 2
    assert 'is the folder of the images' in capsys.readouterr().err


def test_odd_names(model, good, tmp_path):
    (good / '0.jpg').rename(good / 'img[1].jpg')
    (good / '1.jpg').rename(good / 'caf\udce9.jpg')
    assert run(good / 'img[1].jpg', *model, '--out', tmp_path / 'one') == 0
    assert files(tmp_path / 'one/labels') == ['img[1].png']
    assert run(good, *model, '--out', tmp_path / 'out') == 0
    assert b'caf\xe9.jpg,sky,' in (tmp_path / 'out/areas.csv').read_bytes()


def test_a_folder_that_cannot_be_made_is_one_line(model, good, tmp_path, capsys):
    assert run(good, *model, '--out', good / '0.jpg/out') == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f'cannot be written: {good / "0.jpg"} is a file, not a folder')
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'labels').touch()
    assert run(good, *model, '--out', out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f'cannot be written: {out}/labels is a file, not a folder')


def test_a_device_that_is_not_there(model, images, tmp_path, capsys):
    options = ['--out', tmp_path / 'out', '--device', 'cuda:99']
    assert run(images / '0.jpg', *model, *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: device=cuda:99: cannot be used here')
