_base_ = './mit_b1_ade20k.py'
model = dict(
    backbone=dict(num_layers=[3, 4, 6, 3]),
    decode_head=dict(channels=768),
)
