_base_ = './hrvit_b1_camvid.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmseg_hrvit.HRNetViT',
        width=18,
        block='mit',
        drop_path_rate=0.1,
        norm_cfg=_base_.norm_cfg,
    ),
    decode_head=dict(in_channels=[18, 36, 72, 144]),
)
