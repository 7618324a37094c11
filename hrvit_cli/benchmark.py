"""Times networks side by side, interleaved in one run.

The weights are random. Inference goes from image to logits; a training step is forward,
backward and AdamW. Compare ratios: on a shared machine the times drift, but they drift
in the same way for all networks. CONFIG@FORM selects the form in which a network runs:

  runtime   the form that training and testing choose (the default)
  plain     as it is defined, layer by layer
  training_cpu  runtime's form on a CPU without recomputation: only for training
  compile   compiled by torch.compile: training by regions, inference as a whole
  cudagraph the same, replayed as CUDA graphs: only for inference on a GPU
  openvino  exported to OpenVINO, float32, on the CPU
  oracle    the literal transcription of the paper in tests/
"""

from argparse import ArgumentParser
from pathlib import Path

from .arguments import CONFIG_HELP


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'networks',
        nargs='+',
        metavar='CONFIG[@FORM]',
        help=f'one or more: {CONFIG_HELP}',
    )
    parser.add_argument(
        '--shape', type=int, nargs=2, metavar=('H', 'W'), default=(512, 512)
    )
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cpu', help='default: cpu'
    )
    parser.add_argument(
        '--dtype',
        choices=('float32', 'bfloat16', 'float16'),
        default='float32',
        help='default: float32',
    )
    parser.add_argument('--train', action='store_true', help='time training steps')
    parser.add_argument(
        '--oracle',
        action='store_true',
        help='also time the first network as @oracle, before all others',
    )
    parser.add_argument(
        '--roofline',
        action='store_true',
        help='measure the peak rates of the machine, and the share that each network '
        'reaches',
    )
    parser.add_argument('--rounds', type=int, default=10, help='default: 10')
    parser.add_argument('--warmup', type=int, default=2, help='default: 2')
    parser.add_argument('--out', type=Path, metavar='JSON', help='write the times')
    parser.add_argument('--plot', type=Path, metavar='PNG', help='draw the times')
