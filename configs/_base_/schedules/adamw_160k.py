# Appendix A.2. A total batch of 16 (ADE20K) or 8 (Cityscapes) on 8 GPUs.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
    paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(head=dict(lr_mult=10.0))),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=1500),
    dict(
        type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=1500, end=160_000
    ),
]

train_cfg = dict(
    type='mmseg_hrvit.ResumableTrainLoop', max_iters=160_000, val_interval=8000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
