_base_ = './hrnet40_mit_cityscapes.py'
model = dict(backbone=dict(block='cswin'))
