"""What ``hrvit export`` does."""

import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope

from mmseg_hrvit.apis.inputs import read_images
from mmseg_hrvit.apis.load_model import load_model
from mmseg_hrvit.apis.pretrained import find_pretrained
from mmseg_hrvit.apis.sources import find_images
from mmseg_hrvit.engine.cli import read_config
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import FORMATS, read_metadata, write_network
from mmseg_hrvit.export.images import prepare
from mmseg_hrvit.export.metadata import fix_size
from mmseg_hrvit.files import check_output
from mmseg_hrvit.words import number_of


def run(args: Namespace) -> None:
    """Writes the file and prints how it compares with torch."""
    if args.precision != 'fp32' and not args.images:
        raise InputError(f'--precision {args.precision} needs --images to compare on')
    start = time.perf_counter()
    if args.checkpoint is None:
        args.config, args.checkpoint = find_pretrained(args.config)
    paths = find_images(args.images) if args.images else []
    suffix = FORMATS[args.to].suffix
    out = args.out or Path(args.config).with_suffix(suffix)
    if out.suffix != suffix:
        raise InputError(f'--out {out}: give a name that ends in {suffix}')
    check_output(out, [args.config, args.checkpoint, *paths])
    cfg = read_config(args)
    metadata = read_metadata(cfg)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = load_model(cfg, args.checkpoint, classes=metadata.classes)
        segmentor = revert_sync_batchnorm(model).cpu()
    metadata = replace(
        metadata,
        output=args.output,
        normalized=args.normalized,
        precision=args.precision,
    )
    if args.size:
        metadata = fix_size(metadata, args.size)
    images = [prepare(image, metadata) for image in read_images(paths)]
    trial = write_network(segmentor, out, metadata, args.to, images)
    print(f'{out}: written and tested in {time.perf_counter() - start:.0f} s')
    print(f'largest difference from torch: {trial.difference:.1e} of the output')
    if trial.agreement is not None:
        many = number_of(len(images), 'image')
        print(f'same label as in torch: {100 * trial.agreement:.2f} % of {many}')
