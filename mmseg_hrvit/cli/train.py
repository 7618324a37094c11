"""What ``hrvit train`` does."""

from argparse import Namespace

from mmengine.config import Config

from mmseg_hrvit.engine.cli import load_config
from mmseg_hrvit.engine.cpu import prepare_cpu
from mmseg_hrvit.engine.dry_run import dry_run
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.engine.ranks import get_rank
from mmseg_hrvit.engine.resume import resume_latest
from mmseg_hrvit.engine.runner import build_runner
from mmseg_hrvit.engine.stop_reason import stop_reason_told
from mmseg_hrvit.errors import InputError


def apply_args(cfg: Config, args: Namespace) -> None:
    """Merges the arguments of training into the config."""
    if args.amp:
        use_amp(cfg)
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise InputError(
                '--auto-scale-lr needs auto_scale_lr.base_batch_size in the config'
            )
        cfg.auto_scale_lr.enable = True
    if args.tensorboard:
        cfg.visualizer.vis_backends = [
            *cfg.visualizer.vis_backends,
            dict(type='TensorboardVisBackend'),
        ]


def use_amp(cfg: Config) -> None:
    """Sets mixed precision, unless the config already has it."""
    wrapper = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if wrapper not in ('OptimWrapper', 'AmpOptimWrapper'):
        raise InputError(f'--amp does not work with optim_wrapper.type={wrapper}')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def prepare(cfg: Config, args: Namespace) -> None:
    """Completes the config and checks it."""
    apply_args(cfg, args)
    prepare_cpu(cfg)
    check_config(cfg, ('train', 'val'))


def rehearse(cfg: Config, args: Namespace) -> None:
    """Does the dry run and prints the results."""
    prepare(cfg, args)
    report = dry_run(cfg)
    if get_rank() == 0:
        print(report)


def run(args: Namespace) -> None:
    """Checks the config and trains."""
    cfg = load_config(args)
    if args.dry_run:
        rehearse(cfg, args)
        return
    with stop_reason_told(cfg.work_dir, is_first=get_rank() == 0):
        if args.resume:
            resume_latest(cfg)
        prepare(cfg, args)
        build_runner(cfg).train()
