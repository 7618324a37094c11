_base_ = './hrvit_b1_chasedb1.py'
model = dict(
    backbone=dict(arch='b2'),
    decode_head=dict(in_channels=[48, 96, 240, 384]),
)
