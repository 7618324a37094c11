_base_ = [
    '../_base_/models/hrvit_segformer.py',
    '../_base_/datasets/mosaic.py',
    '../_base_/schedules/adamw_40k.py',
    '../_base_/default_runtime.py',
]
data_preprocessor = dict(
    type='mmseg_hrvit.BandDataPreProcessor',
    size=_base_.crop_size,
    # What `hrvit band-statistics` prints of your rasters.
    mean=[1000.0, 1000.0, 1000.0, 2000.0],
    std=[500.0, 500.0, 500.0, 1000.0],
    bgr_to_rgb=False,
)
model = dict(
    data_preprocessor=data_preprocessor,
    backbone=dict(in_channels=4, drop_path_rate=0.1),
    decode_head=dict(num_classes=4),
    test_cfg=dict(mode='slide', crop_size=_base_.crop_size, stride=(384, 384)),
)
