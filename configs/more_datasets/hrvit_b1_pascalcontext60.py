_base_ = [
    '../_base_/models/hrvit_segformer.py',
    '../_base_/datasets/pascalcontext60.py',
    '../_base_/schedules/adamw_160k.py',
    '../_base_/default_runtime.py',
]
data_preprocessor = dict(size=_base_.crop_size)
model = dict(
    data_preprocessor=data_preprocessor,
    backbone=dict(drop_path_rate=0.1),
    decode_head=dict(num_classes=60),
    test_cfg=dict(mode='slide', crop_size=_base_.crop_size, stride=(320, 320)),
)

# mmseg's longer schedule of this data set.
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=1500),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=1500, end=80_000),
]
train_cfg = dict(max_iters=80_000)
