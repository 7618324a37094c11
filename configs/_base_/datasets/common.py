# Of the training samples, how many may be unusable and skipped; 0: none.
max_unusable_share = 0.0

# The ends of the pipelines. Sizes stand between them; they are each data set's own.
load_steps = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='mmseg_hrvit.CheckAnnotations'),
]
augment_steps = [
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
# After the resize of a test image: the label map keeps its own size.
label_steps = [*load_steps[1:], dict(type='PackSegInputs')]

train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader

# 'gpu' gathers results by the process group; 'cpu' would need a shared disk.
val_evaluator = dict(
    type='mmseg_hrvit.FolderIoUMetric', iou_metrics=['mIoU'], collect_device='gpu'
)
test_evaluator = val_evaluator

tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=ratio, keep_ratio=True)
                for ratio in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
            ],
            [
                dict(type='RandomFlip', prob=0.0, direction='horizontal'),
                dict(type='RandomFlip', prob=1.0, direction='horizontal'),
            ],
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
