_base_ = '../hrvit_b1_cityscapes.py'
model = dict(backbone=dict(efficient_patch_embed=False))
