"""Trains a network of mmseg or mmpretrain from its config."""

from argparse import ArgumentParser

from .arguments import add_run


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_run(parser)
    parser.add_argument(
        '--resume',
        action='store_true',
        help='resume from the latest checkpoint in the work directory',
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='train for two iterations, evaluate a few images and print how much '
        'memory, time and disk the run will need; leave no files',
    )
    parser.add_argument(
        '--amp', action='store_true', help='train in mixed precision (needs a GPU)'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help="scale the learning rate to the batch size, by the config's "
        'auto_scale_lr.base_batch_size',
    )
    parser.add_argument(
        '--tensorboard', action='store_true', help='log for TensorBoard as well'
    )
