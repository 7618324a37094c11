_base_ = ['./hrvit_b1_isaid.py', '../_base_/variants/b3.py']
model = dict(
    backbone=_base_.b3.backbone,
    decode_head=dict(in_channels=_base_.b3.channels, channels=_base_.b3.head_channels),
)
