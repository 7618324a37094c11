_base_ = [
    '../_base_/models/hrvit_classifier.py',
    '../_base_/datasets/imagenet_224.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/classification_runtime.py',
]
