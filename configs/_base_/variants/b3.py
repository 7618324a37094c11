# HRViT-b3 in place of b1. Its heads and necks take maps of these channels; SegFormer's
# head has more channels of its own, too.
b3 = dict(
    backbone=dict(arch='b3', drop_path_rate=0.25),
    channels=[64, 128, 256, 512],
    head_channels=768,
)
