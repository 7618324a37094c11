"""What ``hrvit test`` does."""

from argparse import Namespace
from pathlib import Path

from mmengine.config import Config

from mmseg_hrvit.apis.data_folders import refuse_crops
from mmseg_hrvit.apis.label_folder import claim_label_folder, use_label_folder
from mmseg_hrvit.apis.picture_hook import PictureHook
from mmseg_hrvit.engine.cli import load_config, set_form
from mmseg_hrvit.engine.cpu import prepare_cpu
from mmseg_hrvit.engine.preflight import check_config
from mmseg_hrvit.engine.runner import build_runner
from mmseg_hrvit.errors import InputError


def apply_args(cfg: Config, args: Namespace) -> None:
    """Merges the arguments of testing into the config."""
    cfg.load_from = args.checkpoint
    cfg.resume = False
    wanted = args.out or args.show or args.show_dir or args.tta
    if wanted and cfg.get('default_scope') != 'mmseg':
        raise InputError('--out, --show, --show-dir and --tta are for mmseg configs')
    if args.show:
        show_predictions(cfg, args.wait_time)
    if args.tta:
        use_tta(cfg)
    if args.plain and args.cuda_graphs:
        raise InputError('--cuda-graphs is for the form for inference: omit --plain')
    if args.plain:
        set_form(cfg, inference=False)
    if args.cuda_graphs:
        set_form(cfg, cuda_graphs=True)
    if args.show_dir:
        refuse_crops(cfg, '--show-dir')
    if args.out:
        use_label_folder(cfg, args.out)


def show_predictions(cfg: Config, wait_time: float) -> None:
    """Makes mmseg's hook open a window."""
    if 'visualization' not in cfg.default_hooks:
        raise InputError(
            "--show needs default_hooks.visualization=dict(type='SegVisualizationHook')"
        )
    hook = cfg.default_hooks.visualization
    hook.update(draw=True, show=True, wait_time=wait_time)


def use_tta(cfg: Config) -> None:
    """Puts the network into the config's model for test-time augmentation."""
    for key in ('tta_model', 'tta_pipeline'):
        if key not in cfg:
            raise InputError(f'--tta needs {key} in the config')
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.model = dict(cfg.tta_model, module=cfg.model)


def run(args: Namespace) -> None:
    """Checks the config and evaluates."""
    cfg = load_config(args)
    apply_args(cfg, args)
    prepare_cpu(cfg)
    check_config(cfg, ('test',))
    if args.out:
        claim_label_folder(cfg, Path(args.out))
    runner = build_runner(cfg)
    if args.show_dir:
        runner.register_hook(PictureHook(args.show_dir))
    runner.test()
