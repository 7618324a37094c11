# The network of mmsegmentation's own config and of its published results.
_base_ = './mit_b2_cityscapes.py'
model = dict(decode_head=dict(type='SegformerHead', channels=256))
