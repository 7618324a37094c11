# HRViT-b1 on many drawn streets, as a pre-training for CamVid (docs/camvid.md):
# `hrvit draw-scenes data/streets --train 3000 --val 100 --size 240 320`.
_base_ = [
    '_base_/models/hrvit_segformer.py',
    '_base_/datasets/quickstart.py',
    '_base_/schedules/adamw_6k.py',
    '_base_/default_runtime.py',
]
data_root = 'data/streets'
crop_size = (160, 160)
train_pipeline = [
    *_base_.load_steps,
    dict(
        type='RandomResize', scale=(320, 240), ratio_range=(0.7, 2.0), keep_ratio=True
    ),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    *_base_.augment_steps,
]
train_dataloader = dict(
    batch_size=8, dataset=dict(data_root=data_root, pipeline=train_pipeline)
)
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
data_preprocessor = dict(size=crop_size)
model = dict(
    data_preprocessor=data_preprocessor,
    backbone=dict(drop_path_rate=0.1),
    decode_head=dict(num_classes=9),
)
optim_wrapper = dict(optimizer=dict(lr=8e-4, weight_decay=0.05))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=200),
    dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False, begin=200, end=1500),
]
train_cfg = dict(max_iters=1500)
default_hooks = dict(checkpoint=dict(interval=500))
