import pytest

from mmseg_hrvit.datasets.metainfo import build_lazily
from mmseg_hrvit.errors import InputError


def build(**metainfo):
    config = dict(type='BaseSegDataset', metainfo=metainfo, data_prefix={})
    return build_lazily(config, 'train_dataloader.dataset')


@pytest.mark.parametrize(
    ('metainfo', 'what'),
    [
        (dict(classes='road'), "metainfo.classes='road' is a string: write a list"),
        (dict(classes=['a', 'b'], palette=[[0, 0, 0]]), 'palette does not match'),
        (dict(classes=['a'], palette=[[0, 0, 0]] * 2), 'palette does not match'),
        (dict(classes=['a', 'b', 'a']), "classes has 'a' 2 times"),
    ],
)
def test_mistakes_are_one_line(metainfo, what):
    with pytest.raises(InputError, match=rf'^train_dataloader\.dataset\..*{what}'):
        build(**metainfo)


@pytest.mark.parametrize(
    ('text', 'what'), [('\ufeffroad\ncar\n', r"'\\ufeffroad'"), ('road\n\ncar', "''")]
)
def test_a_file_of_classes_has_no_mark_and_no_empty_line(tmp_path, text, what):
    path = tmp_path / 'classes.txt'
    path.write_text(text, encoding='utf-8')
    with pytest.raises(InputError, match=f'classes has {what}, from the file {path}: '):
        build(classes=str(path))


def test_classes_may_stand_in_a_file(tmp_path):
    path = tmp_path / 'classes.txt'
    path.write_text('road\ncar\n')
    assert list(build(classes=str(path)).metainfo['classes']) == ['road', 'car']
    assert list(build(classes=['x']).metainfo['classes']) == ['x']
