_base_ = '../hrvit_b1_cityscapes.py'
depths = ((1,), (1, 1), (1, 1, 8), (1, 1, 8), (1, 1, 2, 2), (1, 1, 2, 2))
model = dict(backbone=dict(depths=depths))
