_base_ = '../hrvit_b1_upernet_ade20k.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='SVT',
        embed_dims=[64, 128, 256, 512],
        num_heads=[2, 4, 8, 16],
        mlp_ratios=[4, 4, 4, 4],
        depths=[2, 2, 10, 4],
        sr_ratios=[8, 4, 2, 1],
        windiow_sizes=[7, 7, 7, 7],  # mmsegmentation spells it so
        qkv_bias=True,
        drop_path_rate=0.2,
    ),
    decode_head=dict(in_channels=[64, 128, 256, 512]),
    auxiliary_head=dict(in_channels=256),
)
# Twins's recipe, as in mmsegmentation: one learning rate for all.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(_delete_=True)))
