_base_ = './runtime.py'
default_scope = 'mmseg'
visualizer = dict(type='SegLocalVisualizer')
log_processor = dict(by_epoch=False)

default_hooks = dict(
    logger=dict(interval=50, log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, interval=8000, save_best='mIoU'),
    visualization=dict(type='SegVisualizationHook'),
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='mmseg_hrvit.ChannelCheckHook'),
    dict(type='mmseg_hrvit.LabelSurveyHook', strict=False),
]

tta_model = dict(type='SegTTAModel')
