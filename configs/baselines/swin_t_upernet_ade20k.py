_base_ = '../hrvit_b1_upernet_ade20k.py'
model = dict(
    backbone=dict(_delete_=True, type='SwinTransformer', drop_path_rate=0.3),
    decode_head=dict(in_channels=[96, 192, 384, 768]),
    auxiliary_head=dict(in_channels=384),
)
# Swin's recipe, as in mmsegmentation: one learning rate for all.
custom_keys = dict(_delete_=True, relative_position_bias_table=dict(decay_mult=0.0))
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=custom_keys))
