_base_ = '../hrvit_b1_cityscapes.py'
model = dict(
    backbone=dict(
        _delete_=True, type='mmseg_hrvit.CSWin', arch='t', drop_path_rate=0.15
    ),
    decode_head=dict(in_channels=[64, 128, 256, 512]),
)
