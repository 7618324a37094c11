# Small enough to be trained from scratch; with `pretrained`, lr=6e-5 is better.
_base_ = './adamw_160k.py'
optim_wrapper = dict(
    optimizer=dict(lr=5e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=1.0))),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=200),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=200, end=6000),
]
train_cfg = dict(max_iters=6000, val_interval=500)
