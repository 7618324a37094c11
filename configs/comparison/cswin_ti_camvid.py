_base_ = './hrvit_b1_camvid.py'
model = dict(
    backbone=dict(
        _delete_=True, type='mmseg_hrvit.CSWin', arch='ti', drop_path_rate=0.1
    ),
    decode_head=dict(in_channels=[32, 64, 128, 256]),
)
