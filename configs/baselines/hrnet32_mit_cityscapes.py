_base_ = '../hrvit_b1_cityscapes.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmseg_hrvit.HRNetViT',
        width=32,
        block='mit',
        drop_path_rate=0.15,
        norm_cfg=_base_.norm_cfg,
    ),
    decode_head=dict(in_channels=[32, 64, 128, 256]),
)
