_base_ = './swin_t_upernet_ade20k.py'
model = dict(backbone=dict(depths=(2, 2, 18, 2)))
