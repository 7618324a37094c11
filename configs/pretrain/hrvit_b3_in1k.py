_base_ = ['./hrvit_b1_in1k.py', '../_base_/variants/b3.py']
model = dict(
    backbone=dict(arch='b3'),  # its drop path is for segmentation
    neck=[
        dict(type='HRFuseScales', in_channels=_base_.b3.channels),
        dict(type='GlobalAveragePooling'),
    ],
)
