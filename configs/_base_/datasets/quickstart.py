# The street scenes that tools/dataset/draw_scenes.py draws: ADE20K's folder layout.
_base_ = './common.py'
data_root = 'data/quickstart'
crop_size = (128, 192)
metainfo = dict(
    classes=(
        'sky',
        'building',
        'road',
        'pavement',
        'grass',
        'tree',
        'car',
        'person',
        'sign',
    ),
    palette=[
        [135, 196, 240],
        [200, 106, 84],
        [92, 92, 110],
        [224, 196, 160],
        [150, 205, 100],
        [40, 130, 70],
        [52, 88, 200],
        [226, 60, 110],
        [250, 200, 40],
    ],
)
train_pipeline = [
    *_base_.load_steps,
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    *_base_.load_steps,
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(
        type='BaseSegDataset',
        data_root=data_root,
        data_prefix=dict(
            img_path='images/training', seg_map_path='annotations/training'
        ),
        metainfo=metainfo,
        reduce_zero_label=True,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    num_workers=1,
    dataset=dict(
        type='BaseSegDataset',
        data_root=data_root,
        data_prefix=dict(
            img_path='images/validation', seg_map_path='annotations/validation'
        ),
        metainfo=metainfo,
        reduce_zero_label=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
