_base_ = './mask_rcnn_hrvit_b1_fpn_coco.py'
model = dict(
    backbone=dict(arch='b2'),
    neck=dict(in_channels=[48, 96, 240, 384]),
)
