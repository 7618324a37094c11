# Pascal Context without the background: label 0 is no class.
_base_ = './hrvit_b1_pascalcontext60.py'
train_dataloader = dict(dataset=dict(type='PascalContextDataset59'))
val_dataloader = dict(dataset=dict(type='PascalContextDataset59'))
test_dataloader = val_dataloader

model = dict(decode_head=dict(num_classes=59))
