_base_ = ['./hrvit_b1_upernet_cityscapes.py', '_base_/variants/b3.py']
model = dict(
    backbone=dict(**_base_.b3.backbone, window_sizes=(1, 2, 9, 9)),
    decode_head=dict(in_channels=_base_.b3.channels),
    auxiliary_head=dict(in_channels=_base_.b3.channels[2]),
)
