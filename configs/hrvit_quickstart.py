# A tiny HRViT that two CPU cores train in minutes, on drawn streets.
_base_ = [
    '_base_/models/hrvit_segformer.py',
    '_base_/datasets/quickstart.py',
    '_base_/schedules/adamw_quickstart.py',
    '_base_/default_runtime.py',
]
channels = (16, 32, 64, 128)
data_preprocessor = dict(size=_base_.crop_size)
model = dict(
    data_preprocessor=data_preprocessor,
    backbone=dict(
        arch=dict(
            _delete_=True,  # the base's arch is a name
            channels=channels,
            depths=((1,), (1, 1), (1, 1, 2), (1, 1, 2, 1)),
            window_sizes=(1, 2, 7, 7),
            mlp_ratios=(2, 2, 2, 2),
            head_dims=(8, 16, 16, 16),
        )
    ),
    decode_head=dict(in_channels=channels, channels=64, num_classes=9),
)
default_hooks = dict(
    logger=dict(interval=25), checkpoint=dict(interval=100, save_best=None)
)
