_base_ = './hrvit_b1_isaid.py'
model = dict(
    backbone=dict(arch='b3', drop_path_rate=0.25),
    decode_head=dict(in_channels=[64, 128, 256, 512], channels=768),
)
