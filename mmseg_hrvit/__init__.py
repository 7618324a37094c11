"""HRViT for OpenMMLab. Importing the package registers its classes."""

from .dependencies import check_dependencies
from .quiet import ignore_harmless_warnings, imports_quiet

check_dependencies()
ignore_harmless_warnings()
with imports_quiet():
    import mmseg.datasets  # noqa: F401

from .configs import config  # noqa: E402
from .datasets import (  # noqa: E402
    CamVidDataset,
    CheckAnnotations,
    StoredClassesDataset,
    StreamDataset,
    StreamSampler,
)
from .engine import (  # noqa: E402
    ChannelCheckHook,
    CheckedRunner,
    DurableCheckpointHook,
    FiniteCheckHook,
    FolderIoUMetric,
    FormHook,
    HangWatchHook,
    LabelSurveyHook,
    NormDecayOptimWrapperConstructor,
    PreemptionHook,
    RankStateHook,
    ResumableTrainLoop,
    StrictCheckpointHook,
)
from .models import (  # noqa: E402
    CSWin,
    HRNetViT,
    HRViT,
    LinearSegformerHead,
    TiledEncoderDecoder,
    convert,
    deploy,
    restore,
)
from .rasters import (  # noqa: E402
    BandDataPreProcessor,
    LoadRaster,
    RadiometricDistortion,
    RasterDataset,
)
from .version import __version__  # noqa: E402

__all__ = [
    'BandDataPreProcessor',
    'CSWin',
    'CamVidDataset',
    'ChannelCheckHook',
    'CheckAnnotations',
    'CheckedRunner',
    'DurableCheckpointHook',
    'FiniteCheckHook',
    'FolderIoUMetric',
    'FormHook',
    'HRNetViT',
    'HRViT',
    'HangWatchHook',
    'LabelSurveyHook',
    'LinearSegformerHead',
    'LoadRaster',
    'NormDecayOptimWrapperConstructor',
    'PreemptionHook',
    'RadiometricDistortion',
    'RankStateHook',
    'RasterDataset',
    'ResumableTrainLoop',
    'StoredClassesDataset',
    'StreamDataset',
    'StreamSampler',
    'StrictCheckpointHook',
    'TiledEncoderDecoder',
    '__version__',
    'config',
    'convert',
    'deploy',
    'restore',
]
