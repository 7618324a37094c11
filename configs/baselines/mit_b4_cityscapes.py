_base_ = './mit_b2_cityscapes.py'
model = dict(backbone=dict(num_layers=[3, 8, 27, 3]))
