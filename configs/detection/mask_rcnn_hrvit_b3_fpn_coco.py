_base_ = './mask_rcnn_hrvit_b1_fpn_coco.py'
model = dict(
    backbone=dict(arch='b3', drop_path_rate=0.25),
    neck=dict(in_channels=[64, 128, 256, 512]),
)
