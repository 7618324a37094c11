# HRViT-b2 in place of b1. Its heads and necks take maps of these channels.
b2 = dict(backbone=dict(arch='b2'), channels=[48, 96, 240, 384])
