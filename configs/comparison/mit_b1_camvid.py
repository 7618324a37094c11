_base_ = './hrvit_b1_camvid.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='MixVisionTransformer',
        embed_dims=64,
        num_layers=[2, 2, 2, 2],
        num_heads=[1, 2, 5, 8],
        drop_path_rate=0.1,
    ),
    decode_head=dict(in_channels=[64, 128, 320, 512]),
)
