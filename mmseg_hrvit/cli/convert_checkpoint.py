"""What ``hrvit convert-checkpoint`` does."""

from argparse import Namespace

from mmseg_hrvit.checkpoints import convert_file


def run(args: Namespace) -> None:
    """Converts the file and says what was done."""
    converted = convert_file(args.src, args.dst, args.classifier)
    what = 'classification model' if args.classifier else 'backbone'
    hint = "; set des_act_cfg=dict(type='GELU')" if converted.network == 'HRViT' else ''
    print(
        f'{args.dst}: {converted.network}-{converted.arch}, {what}, '
        f'{len(converted.state_dict)} tensors{hint}'
    )
    for name in converted.unplaced:
        print(f'not converted: {name}')
