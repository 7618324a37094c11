# Mapillary Vistas 1.2: 65 classes, and 'Unlabeled' as one more, as in mmseg.
_base_ = './common.py'
dataset_type = 'MapillaryDataset_v1'
data_root = 'data/mapillary'
crop_size = (512, 1024)
scale = (2048, 1024)

train_pipeline = [
    *_base_.load_steps,
    dict(type='RandomResize', scale=scale, ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    *_base_.augment_steps,
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=scale, keep_ratio=True),
    *_base_.label_steps,
]

train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='training/images', seg_map_path='training/v1.2/labels'
        ),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='validation/images', seg_map_path='validation/v1.2/labels'
        ),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

auto_scale_lr = dict(enable=False, base_batch_size=16)
