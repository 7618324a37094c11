# A mosaic of four bands and 16 bits with a label raster beside it, for training, and
# another one for validation.
_base_ = './common.py'
data_root = 'data/mosaic'
crop_size = (512, 512)
bands = (1, 2, 3, 4)  # red, green, blue, near infrared
metainfo = dict(
    classes=('field', 'town', 'water', 'wood'),
    palette=[[220, 200, 90], [200, 60, 60], [30, 60, 200], [20, 120, 40]],
)

train_pipeline = [
    dict(type='mmseg_hrvit.LoadRaster', bands=bands),
    dict(type='RandomFlip', prob=0.5, direction=['horizontal', 'vertical']),
    dict(type='mmseg_hrvit.RadiometricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='mmseg_hrvit.LoadRaster', bands=bands),
    dict(type='PackSegInputs'),
]

train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        type='mmseg_hrvit.RasterDataset',
        data_root=data_root,
        pairs=[('train.tif', 'train_labels.tif')],
        crop_size=crop_size,
        random_crops=True,
        metainfo=metainfo,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        type='mmseg_hrvit.RasterDataset',
        data_root=data_root,
        pairs=[('val.tif', 'val_labels.tif')],
        crop_size=crop_size,
        metainfo=metainfo,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

auto_scale_lr = dict(enable=False, base_batch_size=16)
