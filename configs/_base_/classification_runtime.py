_base_ = './runtime.py'
default_scope = 'mmpretrain'
visualizer = dict(type='UniversalVisualizer')

default_hooks = dict(
    logger=dict(interval=100),
    checkpoint=dict(interval=1, save_best='accuracy/top1'),
)
custom_hooks = [
    *_base_.custom_hooks,
    # Otherwise every process evaluates its own running means, and rank 0 saves its own.
    dict(type='SyncBuffersHook'),
]
