_base_ = ['./hrvit_b1_upernet_ade20k.py', '_base_/variants/b2.py']
model = dict(
    backbone=_base_.b2.backbone,
    decode_head=dict(in_channels=_base_.b2.channels),
    auxiliary_head=dict(in_channels=_base_.b2.channels[2]),
)
