_base_ = [
    '../_base_/models/hrvit_segformer.py',
    '../_base_/datasets/vaihingen.py',
    '../_base_/schedules/adamw_80k.py',
    '../_base_/default_runtime.py',
]
model = dict(
    data_preprocessor=dict(size=_base_.crop_size),
    backbone=dict(drop_path_rate=0.1),
    decode_head=dict(num_classes=6),
)
