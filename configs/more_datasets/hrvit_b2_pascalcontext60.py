_base_ = ['./hrvit_b1_pascalcontext60.py', '../_base_/variants/b2.py']
model = dict(
    backbone=_base_.b2.backbone, decode_head=dict(in_channels=_base_.b2.channels)
)
