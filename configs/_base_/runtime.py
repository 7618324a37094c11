# What every run shares, of segmentation and of classification.
custom_imports = dict(imports=['mmseg_hrvit'], allow_failed_imports=False)
runner_type = 'mmseg_hrvit.CheckedRunner'
randomness = dict(seed=None, deterministic=False)

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(vis_backends=vis_backends, name='visualizer')
log_level = 'INFO'
load_from = None
resume = False

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook'),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='mmseg_hrvit.DurableCheckpointHook', max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    dict(type='mmseg_hrvit.StrictCheckpointHook'),
    dict(type='mmseg_hrvit.RankStateHook'),
    dict(type='mmseg_hrvit.PreemptionHook'),
    dict(type='mmseg_hrvit.FiniteCheckHook', max_in_row=20),
    dict(type='mmseg_hrvit.HangWatchHook', timeout=300.0),
    dict(type='mmseg_hrvit.FormHook'),
]
