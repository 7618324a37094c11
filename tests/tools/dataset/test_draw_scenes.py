from PIL import Image

from data import load_tool
from endings import error_line

tool = load_tool('dataset/draw_scenes')


def test_it_draws_as_many_scenes_as_asked_for(tmp_path, capsys):
    tool.main(
        [str(tmp_path / 'new'), '--train', '2', '--val', '1', '--size', '64', '96']
    )
    drawn = sorted(path.parent.name for path in tmp_path.glob('new/images/*/*.jpg'))
    assert drawn == ['training', 'training', 'validation']
    label = Image.open(tmp_path / 'new/annotations/validation/scene_0000.png')
    assert (label.mode, label.size) == ('L', (96, 64))
    assert '2 scenes for training, 1 held out' in capsys.readouterr().out


def test_another_seed_gives_other_scenes(tmp_path):
    for seed in '01':
        tool.main([str(tmp_path / seed), '--train', '1', '--val', '0', '--seed', seed])
    images = [path.read_bytes() for path in tmp_path.glob('*/images/*/*.jpg')]
    assert len(set(images)) == 2


def test_a_mistake_is_one_line(tmp_path, capsys):
    (tmp_path / 'images/training').mkdir(parents=True)
    (tmp_path / 'images/training/own.jpg').touch()
    error_line(capsys, tool, tmp_path)
