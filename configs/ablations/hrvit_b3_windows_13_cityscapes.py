_base_ = '../hrvit_b3_cityscapes.py'
model = dict(backbone=dict(window_sizes=(1, 2, 13, 13)))
