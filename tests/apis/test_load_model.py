import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from export_data import save_small
from mmseg_hrvit.apis.load_model import load_model
from mmseg_hrvit.errors import InputError


@pytest.fixture
def files(tmp_path):
    """A config, and a checkpoint of it."""
    config, checkpoint = save_small('hrvit_b1_camvid', tmp_path)
    return Config.fromfile(config), checkpoint


def test_all_weights_are_loaded(files):
    config, checkpoint = files
    expected = torch.load(checkpoint, weights_only=True)['state_dict']
    model = load_model(config, checkpoint)
    assert not model.training
    torch.testing.assert_close(dict(model.state_dict()), dict(expected))


def test_classes_in_another_order_are_refused(files):
    config, checkpoint = files
    weights = torch.load(checkpoint, weights_only=True)
    meta = dict(dataset_meta=dict(classes=('road', 'car')))
    torch.save(dict(weights, meta=meta), checkpoint)
    load_model(config, checkpoint)
    load_model(config, checkpoint, classes=['road', 'car'])
    with pytest.raises(InputError, match='has them in another order'):
        load_model(config, checkpoint, classes=['car', 'road'])


def test_a_checkpoint_that_does_not_fit_is_refused(files):
    config, checkpoint = files
    weights = MODELS.build(config.model).state_dict()
    del weights['decode_head.conv_seg.bias']
    torch.save(dict(state_dict=weights), checkpoint)
    with pytest.raises(InputError, match=r'conv_seg\.bias is missing'):
        load_model(config, checkpoint)


def test_weights_that_are_no_numbers_are_refused(files):
    config, checkpoint = files
    weights = torch.load(checkpoint, weights_only=True)['state_dict']
    weights['decode_head.conv_seg.bias'][0] = float('nan')
    weights['spare'] = torch.tensor(float('nan'))  # does no harm
    torch.save(dict(state_dict=weights), checkpoint)
    with pytest.raises(InputError, match=r'NaN or infinity in 1 of .*conv_seg\.bias\)'):
        load_model(config, checkpoint)
