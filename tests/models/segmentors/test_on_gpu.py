"""Segmentors on a GPU that torch imagines: a tensor made on the CPU is an error."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

import mmseg_hrvit
from data import use_tiny_arch
from mmseg_hrvit.engine.cpu import replace_sync_bn
from mmseg_hrvit.models.segmentors.axis import bilinear_taps
from testers import default_dtype, needs_cuda_build

SIZE = (96, 64)
pytestmark = needs_cuda_build
TEST_CFGS = dict(
    whole=dict(mode='whole'),
    slide=dict(mode='slide', crop_size=(64, 64), stride=(48, 48)),
)


@pytest.fixture(autouse=True)
def no_imagined_taps():
    yield
    bilinear_taps.cache_clear()


@pytest.mark.parametrize(
    ('deployed', 'dtype'),
    [(False, torch.float32), (True, torch.bfloat16), (True, torch.float16)],
)
@pytest.mark.parametrize('mode', TEST_CFGS)
@pytest.mark.parametrize('name', ['hrvit_b1_cityscapes', 'hrvit_b1_upernet_cityscapes'])
def test_labels_are_made_on_the_gpu(name, mode, deployed, dtype):
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config(name)))
    cfg.model.test_cfg = TEST_CFGS[mode]
    replace_sync_bn(cfg.model)
    with default_dtype(dtype), torch.device('meta'):
        model = MODELS.build(cfg.model).eval()
        if deployed:
            model = mmseg_hrvit.convert(model, 'inference')
    metainfo = dict(img_shape=SIZE, ori_shape=(100, 70))
    with FakeTensorMode(), torch.no_grad():
        model._apply(lambda x: torch.empty(x.shape, dtype=x.dtype, device='cuda'))
        images = torch.empty(2, 3, *SIZE, device='cuda', dtype=dtype)
        samples = [SegDataSample(metainfo=metainfo) for _ in images]
        results = model(images, samples, mode='predict')
        for result in results:
            labels = result.pred_sem_seg.data
            assert labels.device.type == 'cuda'
            assert labels.shape == (1, 100, 70)


class Recorder(TorchDispatchMode):
    """Notes which operators run."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **kwargs or {})


# Of torch.use_deterministic_algorithms, those that a segmentor could have. Most are
# refused in backward, which no imagined GPU runs.
REFUSED_ON_A_GPU = {
    '_adaptive_avg_pool2d',
    'adaptive_max_pool2d',
    'upsample_bilinear2d',
    'upsample_bicubic2d',
    'reflection_pad2d',
    'grid_sampler_2d',
    'histc',
    'put_',
}


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize('name', ['hrvit_b1_cityscapes', 'hrvit_b1_upernet_cityscapes'])
def test_a_deterministic_step_has_no_operator_that_torch_refuses(
    name, deterministic, monkeypatch
):
    # Its sizes depend on values, which are not there.
    accuracy = 'mmseg.models.decode_heads.decode_head.accuracy'
    monkeypatch.setattr(accuracy, lambda logits, *_, **__: logits.new_zeros(1))
    cfg = use_tiny_arch(Config.fromfile(mmseg_hrvit.config(name)))
    replace_sync_bn(cfg.model)
    with torch.device('meta'):
        model = MODELS.build(cfg.model).train()
    mmseg_hrvit.models.convert_for_training(model, 'cuda')
    recorder = Recorder()
    with FakeTensorMode():
        model._apply(lambda x: torch.empty(x.shape, dtype=x.dtype, device='cuda'))
        images = torch.empty(2, 3, *SIZE, device='cuda')
        samples = [SegDataSample(metainfo=dict(img_shape=SIZE)) for _ in images]
        for sample in samples:
            label = torch.empty(1, *SIZE, dtype=torch.long, device='cuda')
            sample.gt_sem_seg = PixelData(data=label)
        with recorder:
            losses = model(images, samples, mode='loss')
    assert losses['decode.loss_ce'].requires_grad
    assert 'convolution' in recorder.names
    assert not recorder.names & REFUSED_ON_A_GPU
