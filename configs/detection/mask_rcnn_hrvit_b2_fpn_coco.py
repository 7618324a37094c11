_base_ = ['./mask_rcnn_hrvit_b1_fpn_coco.py', '../_base_/variants/b2.py']
model = dict(backbone=_base_.b2.backbone, neck=dict(in_channels=_base_.b2.channels))
