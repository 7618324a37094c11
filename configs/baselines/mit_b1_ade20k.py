_base_ = './mit_b0_ade20k.py'
model = dict(
    backbone=dict(embed_dims=64),
    decode_head=dict(in_channels=[64, 128, 320, 512]),
)
