_base_ = './mit_b2_cityscapes.py'
model = dict(backbone=dict(num_layers=[3, 4, 18, 3]))
