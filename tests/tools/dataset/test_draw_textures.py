from data import load_tool
from endings import error_line

tool = load_tool('dataset/draw_textures')


def test_it_draws_as_many_textures_as_asked_for(tmp_path, capsys):
    tool.main([str(tmp_path), '--train', '2', '--val', '1', '--size', '16'])
    assert len(list(tmp_path.glob('train/*/*.jpg'))) == 20
    assert len(list(tmp_path.glob('val/*/*.jpg'))) == 10
    assert '10 classes, each with 2 images' in capsys.readouterr().out


def test_a_mistake_is_one_line(tmp_path, capsys):
    (tmp_path / 'val/own').mkdir(parents=True)
    error_line(capsys, tool, tmp_path)
