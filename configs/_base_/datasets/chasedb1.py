_base_ = './common.py'
data_root = 'data/CHASE_DB1'
crop_size = (128, 128)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='mmseg_hrvit.CheckAnnotations'),
    dict(
        type='RandomResize', scale=(960, 999), ratio_range=(0.5, 2.0), keep_ratio=True
    ),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(960, 999), keep_ratio=True),
    # After the resize: the label map keeps its own size.
    dict(type='LoadAnnotations'),
    dict(type='mmseg_hrvit.CheckAnnotations'),
    dict(type='PackSegInputs'),
]

train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        type='ChaseDB1Dataset',
        data_root=data_root,
        data_prefix=dict(
            img_path='images/training', seg_map_path='annotations/training'
        ),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        type='ChaseDB1Dataset',
        data_root=data_root,
        data_prefix=dict(
            img_path='images/validation', seg_map_path='annotations/validation'
        ),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(iou_metrics=['mIoU', 'mDice'])
test_evaluator = val_evaluator

auto_scale_lr = dict(enable=False, base_batch_size=16)
