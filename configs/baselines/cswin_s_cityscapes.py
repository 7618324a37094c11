_base_ = '../hrvit_b1_cityscapes.py'
model = dict(
    backbone=dict(
        _delete_=True, type='mmseg_hrvit.CSWin', arch='s', drop_path_rate=0.25
    ),
    decode_head=dict(in_channels=[64, 128, 256, 512], channels=768),
)
