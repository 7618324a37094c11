"""Evaluates a checkpoint of mmseg or mmpretrain as its config says."""

from argparse import ArgumentParser

from .arguments import CHECKPOINT_HELP, add_run


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_run(parser)
    parser.add_argument('checkpoint', help=CHECKPOINT_HELP)
    parser.add_argument(
        '--cuda-graphs',
        action='store_true',
        help='replay the backbone as CUDA graphs, one for each size of images',
    )
    parser.add_argument('--out', help='folder for the predicted label maps')
    parser.add_argument('--show', action='store_true', help='show the predictions')
    parser.add_argument(
        '--show-dir', help='folder for pictures of image, truth and prediction'
    )
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds that --show waits'
    )
    parser.add_argument(
        '--tta',
        action='store_true',
        help='use the test-time augmentation of the config',
    )
    parser.add_argument(
        '--plain',
        action='store_true',
        help='evaluate the network in the form for training, not in the faster form '
        'for inference, which gives the same results',
    )
