_base_ = ['./mask_rcnn_hrvit_b1_fpn_coco.py', '../_base_/variants/b3.py']
model = dict(backbone=_base_.b3.backbone, neck=dict(in_channels=_base_.b3.channels))
