# mmdet's own RetinaNet, with its schedule of 12 epochs; AdamW as in Mask R-CNN here.
_base_ = 'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py'
custom_imports = dict(imports=['mmseg_hrvit'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmseg_hrvit.HRViT',
        arch='b1',
        out_indices=(1, 2, 3),
        drop_path_rate=0.1,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
    ),
    neck=dict(in_channels=[64, 128, 256], start_level=0),
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-4, weight_decay=0.05),
    constructor='mmseg_hrvit.NormDecayOptimWrapperConstructor',
    paramwise_cfg=dict(norm_decay_mult=0.0),
)
