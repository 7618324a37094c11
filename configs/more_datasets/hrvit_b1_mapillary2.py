# Mapillary Vistas 2.0: other labels of the same images, 123 classes and 'Unlabeled'.
_base_ = './hrvit_b1_mapillary1.py'
train_dataloader = dict(
    dataset=dict(
        type='MapillaryDataset_v2',
        data_prefix=dict(seg_map_path='training/v2.0/labels'),
    )
)
val_dataloader = dict(
    dataset=dict(
        type='MapillaryDataset_v2',
        data_prefix=dict(seg_map_path='validation/v2.0/labels'),
    )
)
test_dataloader = val_dataloader

model = dict(decode_head=dict(num_classes=124))
