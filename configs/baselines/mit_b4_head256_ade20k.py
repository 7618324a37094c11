_base_ = './mit_b2_head256_ade20k.py'
model = dict(backbone=dict(num_layers=[3, 8, 27, 3]))
