"""Trains a network of mmseg or mmpretrain from its config."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmengine.config import Config

from mmseg_hrvit.engine.cli import build_parser, build_runner, load_config
from mmseg_hrvit.engine.dry_run import dry_run
from mmseg_hrvit.engine.launch import get_rank, one_line_errors, prepare_cpu
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.engine.resume import resume_latest
from mmseg_hrvit.engine.stop_reason import stop_reason_told
from mmseg_hrvit.errors import InputError


def parse_args(argv=None):
    """Reads the command line."""
    parser = build_parser(__doc__)
    parser.add_argument(
        '--resume',
        action='store_true',
        help='go on from the latest checkpoint in the work directory',
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='train for two iterations and evaluate a few images, say what memory, '
        'time and disk the run will need, and leave nothing behind',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help="scale the learning rate to the batch size, by the config's "
        'auto_scale_lr.base_batch_size',
    )
    parser.add_argument(
        '--tensorboard', action='store_true', help='log for TensorBoard as well'
    )
    return parser.parse_args(argv)


def apply_args(cfg: Config, args) -> None:
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
    """Sets mixed precision, unless the config has it."""
    wrapper = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if wrapper not in ('OptimWrapper', 'AmpOptimWrapper'):
        raise InputError(f'--amp does not go with optim_wrapper.type={wrapper}')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def prepare(cfg: Config, args) -> None:
    """Completes the config and checks it."""
    apply_args(cfg, args)
    prepare_cpu(cfg)
    check_config(cfg, ('train', 'val'))


def rehearse(cfg: Config, args) -> None:
    """Does the dry run and prints what it has found."""
    prepare(cfg, args)
    report = dry_run(cfg)
    if get_rank() == 0:
        print(report)


def main(argv=None):
    """Reads the command line, checks the config and trains."""
    args = parse_args(argv)
    with one_line_errors():
        cfg = load_config(args)
        if args.dry_run:
            rehearse(cfg, args)
            return
        with stop_reason_told(cfg.work_dir, is_first=get_rank() == 0):
            if args.resume:
                resume_latest(cfg)
            prepare(cfg, args)
            build_runner(cfg).train()


if __name__ == '__main__':
    main()
