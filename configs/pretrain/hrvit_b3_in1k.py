_base_ = './hrvit_b1_in1k.py'
model = dict(
    backbone=dict(arch='b3'),
    neck=[
        dict(type='HRFuseScales', in_channels=[64, 128, 256, 512]),
        dict(type='GlobalAveragePooling'),
    ],
)
