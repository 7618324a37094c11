_base_ = '../hrvit_b1_cityscapes.py'
model = dict(backbone=dict(mixcfn=False))
