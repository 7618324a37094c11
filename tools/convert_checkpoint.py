"""Converts an ImageNet checkpoint of the authors' code, or of the public CSWin."""

import argparse
import sys

from mmseg_hrvit.checkpoints import convert_file
from mmseg_hrvit.errors import InputError


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'src',
        help="checkpoint of the authors' code, or of CSWin; nothing in it is executed",
    )
    parser.add_argument('dst', help='.pth or .safetensors file to write')
    parser.add_argument(
        '--classifier',
        action='store_true',
        help="convert to mmpretrain's classification model, not to a backbone alone",
    )
    return parser.parse_args(argv)


def main() -> None:
    """Converts the file and says what was done."""
    args = parse_args()
    try:
        converted = convert_file(args.src, args.dst, args.classifier)
    except InputError as error:
        sys.exit(f'error: {error}')
    what = 'classification model' if args.classifier else 'backbone'
    hint = "; set des_act_cfg=dict(type='GELU')" if converted.network == 'HRViT' else ''
    print(
        f'{args.dst}: {converted.network}-{converted.arch}, {what}, '
        f'{len(converted.state_dict)} tensors{hint}'
    )
    for name in converted.unplaced:
        print(f'not placed: {name}')


if __name__ == '__main__':
    main()
