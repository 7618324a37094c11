# The recipe of the comparison: a quarter of the long run's iterations.
_base_ = '../hrvit_b1_scratch_camvid.py'
param_scheduler = [
    _base_.param_scheduler[0],
    dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False, begin=400, end=2000),
]
train_cfg = dict(max_iters=2000)
