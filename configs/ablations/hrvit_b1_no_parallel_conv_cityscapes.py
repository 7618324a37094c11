_base_ = '../hrvit_b1_cityscapes.py'
model = dict(backbone=dict(parallel_conv=False))
