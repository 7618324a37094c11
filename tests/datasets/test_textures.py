import numpy as np
import pytest
from PIL import Image

from mmseg_hrvit.datasets.textures import TEXTURES, draw_dataset, draw_texture
from mmseg_hrvit.errors import InputError


def test_the_same_seed_gives_the_same_texture_and_another_another():
    image, again, other = (np.asarray(draw_texture('dots', s, 32)) for s in (1, 1, 2))
    assert np.array_equal(image, again)
    assert not np.array_equal(image, other)


@pytest.mark.parametrize('texture', TEXTURES)
def test_a_texture_has_ink_on_paper_and_a_hue_of_its_own(texture):
    images = [draw_texture(texture, seed) for seed in range(8)]
    saturation = np.stack([image.convert('HSV') for image in images])[..., 1] / 255
    ink = (saturation > 0.5).mean()
    assert ink < 0.01 if texture == 'plain' else 0.1 < ink < 0.9
    means = [image.resize((1, 1), Image.Resampling.BOX) for image in images]
    hues = np.array([mean.convert('HSV').getpixel((0, 0))[0] / 255 for mean in means])
    distance = np.abs(hues - list(TEXTURES).index(texture) / 10)
    assert np.minimum(distance, 1 - distance).max() < 0.05


def test_a_folder_a_class(tmp_path):
    draw_dataset(tmp_path, train=2, val=1, size=16)
    for split, count in (('train', 2), ('val', 1)):
        folders = sorted((tmp_path / split).iterdir())
        assert [f.name for f in folders] == sorted(TEXTURES)
        assert [len(list(f.iterdir())) for f in folders] == [count] * 10
    images = {p.read_bytes() for p in tmp_path.glob('*/*/*.jpg')}
    assert len(images) == 30
    assert Image.open(tmp_path / 'val/waves/0000.jpg').size == (16, 16)


def test_a_folder_of_other_classes_is_refused(tmp_path):
    (tmp_path / 'train/n01440764').mkdir(parents=True)
    with pytest.raises(InputError, match='n01440764'):
        draw_dataset(tmp_path, train=1, val=1, size=16)
    assert not (tmp_path / 'val').exists()
