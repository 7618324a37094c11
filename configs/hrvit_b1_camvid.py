# Small enough to be trained from scratch; with `pretrained`, lr=6e-5 is better.
_base_ = [
    '_base_/models/hrvit_segformer.py',
    '_base_/datasets/camvid.py',
    '_base_/schedules/adamw_160k.py',
    '_base_/default_runtime.py',
]
model = dict(
    data_preprocessor=dict(size=_base_.crop_size),
    backbone=dict(drop_path_rate=0.1),
    decode_head=dict(num_classes=11),
)

optim_wrapper = dict(
    optimizer=dict(lr=5e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=1.0))),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=200),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=200, end=6000),
]
train_cfg = dict(max_iters=6000, val_interval=500)
default_hooks = dict(checkpoint=dict(interval=500))
