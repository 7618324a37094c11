_base_ = './hrvit_b1_in1k.py'
model = dict(
    backbone=dict(arch='b2'),
    neck=[
        dict(type='HRFuseScales', in_channels=[48, 96, 240, 384]),
        dict(type='GlobalAveragePooling'),
    ],
)
