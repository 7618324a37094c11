_base_ = './hrnet18_mit_cityscapes.py'
model = dict(backbone=dict(block='cswin'))
