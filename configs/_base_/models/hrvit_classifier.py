# HRNetV2's classification head (appendix A.1): HRFuseScales leads four maps into one.
data_preprocessor = dict(
    num_classes=1000,
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)
model = dict(
    type='ImageClassifier',
    data_preprocessor=data_preprocessor,
    backbone=dict(type='mmseg_hrvit.HRViT', arch='b1', drop_path_rate=0.1),
    neck=[
        dict(type='HRFuseScales', in_channels=[32, 64, 128, 256]),
        dict(type='GlobalAveragePooling'),
    ],
    head=dict(
        type='mmseg_hrvit.models.heads.DropoutLinearClsHead',
        num_classes=1000,
        in_channels=2048,
        dropout_ratio=0.1,
        loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1, mode='original'),
    ),
    # For each batch one of the two.
    train_cfg=dict(
        augments=[dict(type='Mixup', alpha=0.8), dict(type='CutMix', alpha=1.0)]
    ),
)
