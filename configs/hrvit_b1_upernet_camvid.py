_base_ = [
    '_base_/models/hrvit_upernet.py',
    '_base_/datasets/camvid.py',
    '_base_/schedules/adamw_6k.py',
    '_base_/default_runtime.py',
]
data_preprocessor = dict(size=_base_.crop_size)
model = dict(
    data_preprocessor=data_preprocessor,
    backbone=dict(drop_path_rate=0.1),
    decode_head=dict(num_classes=11),
    auxiliary_head=dict(num_classes=11),
)
default_hooks = dict(checkpoint=dict(interval=500))
