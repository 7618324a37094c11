# From random weights: many steps on small crops, rare classes weighted up, and the mean
# of the weights of the last steps.
_base_ = './hrvit_b1_camvid.py'
crop_size = (160, 160)
train_pipeline = [
    dict(step, crop_size=crop_size) if step.type == 'RandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=train_pipeline))
data_preprocessor = dict(size=crop_size)
model = dict(
    data_preprocessor=data_preprocessor,
    decode_head=dict(
        # The root of 1 / frequency in the training images; 1 in the mean over pixels.
        loss_decode=dict(
            class_weight=[
                0.88, 0.75, 3.63, 0.64, 1.70, 1.15, 3.32, 3.39, 1.49, 4.50, 6.66
            ]
        )
    ),
)  # fmt: skip
optim_wrapper = dict(optimizer=dict(lr=8e-4, weight_decay=0.05))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=400),
    dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False, begin=400, end=8000),
]
train_cfg = dict(max_iters=8000)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='EMAHook', momentum=0.002, update_buffers=True, priority='NORMAL'),
]
