_base_ = './mit_b2_ade20k.py'
model = dict(backbone=dict(num_layers=[3, 4, 18, 3]))
