custom_imports = dict(imports=['mmseg_hrvit'], allow_failed_imports=False)
default_scope = 'mmseg'
runner_type = 'mmseg_hrvit.CheckedRunner'

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='SegLocalVisualizer', vis_backends=vis_backends, name='visualizer'
)
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='mmseg_hrvit.DurableCheckpointHook',
        by_epoch=False,
        interval=8000,
        max_keep_ckpts=2,
        save_best='mIoU',
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'),
)
custom_hooks = [
    dict(type='mmseg_hrvit.ChannelCheckHook'),
    dict(type='mmseg_hrvit.StrictCheckpointHook'),
    dict(type='mmseg_hrvit.LabelSurveyHook', strict=False),
    dict(type='mmseg_hrvit.RankStateHook'),
    dict(type='mmseg_hrvit.PreemptionHook'),
    dict(type='mmseg_hrvit.FiniteCheckHook', max_in_row=20),
    dict(type='mmseg_hrvit.HangWatchHook', timeout=300.0),
    dict(type='mmseg_hrvit.FormHook'),
]

tta_model = dict(type='SegTTAModel')
