# All 164,000 images of COCO 2017, with 80 classes of things and 91 of stuff.
_base_ = './ade20k.py'  # of the same sizes
dataset_type = 'COCOStuffDataset'
data_root = 'data/coco_stuff164k'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='images/train2017', seg_map_path='annotations/train2017'
        ),
    ),
)
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(img_path='images/val2017', seg_map_path='annotations/val2017'),
    ),
)
test_dataloader = val_dataloader
