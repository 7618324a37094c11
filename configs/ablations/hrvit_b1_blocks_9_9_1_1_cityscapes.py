_base_ = '../hrvit_b1_cityscapes.py'
depths = ((1,), (1, 1), (1, 1, 9), (1, 1, 9), (1, 1, 1, 2), (1, 1, 1, 2))
model = dict(backbone=dict(depths=depths))
