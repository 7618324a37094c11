_base_ = ['./hrvit_b1_in1k.py', '../_base_/variants/b2.py']
model = dict(
    backbone=_base_.b2.backbone,
    neck=[
        dict(type='HRFuseScales', in_channels=_base_.b2.channels),
        dict(type='GlobalAveragePooling'),
    ],
)
