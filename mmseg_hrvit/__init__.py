"""HRViT for OpenMMLab. Importing it registers everything."""

from .dependencies import check_dependencies

check_dependencies()

from .configs import config  # noqa: E402
from .datasets import CamVidDataset, CheckAnnotations  # noqa: E402
from .engine import (  # noqa: E402
    ChannelCheckHook,
    LabelCheckHook,
    NormDecayOptimWrapperConstructor,
    StrictCheckpointHook,
)
from .models import CSWin, HRNetViT, HRViT, LinearSegformerHead  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = [
    'CSWin',
    'CamVidDataset',
    'ChannelCheckHook',
    'CheckAnnotations',
    'HRNetViT',
    'HRViT',
    'LabelCheckHook',
    'LinearSegformerHead',
    'NormDecayOptimWrapperConstructor',
    'StrictCheckpointHook',
    '__version__',
    'config',
]
