_base_ = './hrnet32_mit_cityscapes.py'
model = dict(backbone=dict(block='cswin'))
