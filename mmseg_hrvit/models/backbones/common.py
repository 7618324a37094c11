"""What the backbones share: drop-path rates, initialisation, checks of arguments."""

from collections.abc import Sequence
from itertools import islice

from mmseg_hrvit.checkpoints import load_backbone
from mmseg_hrvit.errors import InputError

from ..checks import check_indices, check_rate, check_whole

# Linear layers and norms; convolutions keep torch's initialisation.
DEFAULT_INIT = [
    dict(type='TruncNormal', layer='Linear', std=0.02, bias=0.0),
    dict(type='Constant', layer=['_BatchNorm', 'LayerNorm'], val=1.0, bias=0.0),
]


# Of mmengine's ``Pretrained``; ``load_backbone`` finds the backbone by itself.
PRETRAINED_KEYS = ('type', 'checkpoint', 'prefix', 'map_location')
PREFIXES = ('backbone', 'backbone.')


class PretrainedMixin:
    """Loads ``self.pretrained``, a checkpoint or None, after the initialisation.

    It precedes a ``BaseModule`` among the base classes. mmengine's ``Pretrained`` would
    leave what the checkpoint lacks at random values.
    """

    def init_weights(self) -> None:
        """Initialises all layers, then loads ``pretrained`` if there is one."""
        super().init_weights()
        if self.pretrained is not None:
            load_backbone(self, self.pretrained)


def split_drop_path_rates(
    rate: float, depths: Sequence[Sequence[int]]
) -> list[list[float]]:
    """Spreads drop-path rates from 0 to ``rate`` over the deepest branches' blocks.

    Args:
        rate (float): Rate of the last block.
        depths (Sequence[Sequence[int]]): Blocks of each branch of each module.

    Returns:
        list[list[float]]: The rates of each module's blocks (section 3.1).
    """
    deepest = [max(blocks) for blocks in depths]
    last = max(sum(deepest) - 1, 1)
    rates = iter([rate * i / last for i in range(sum(deepest))])
    return [list(islice(rates, count)) for count in deepest]


def take_pretrained(
    init_cfg: dict | list[dict] | None,
    pretrained: str | None,
    default: list[dict] = DEFAULT_INIT,
) -> tuple[list[dict], str | None]:
    """Removes a checkpoint from ``init_cfg``, so that it can be loaded strictly.

    Args:
        init_cfg (dict | list[dict] | None): The user's initialisation.
        pretrained (str | None): The user's checkpoint.
        default (list[dict]): The initialisation if the user gives none. Defaults to
            ``DEFAULT_INIT``.

    Returns:
        tuple[list[dict], str | None]: The initialisation of the layers, and the
        checkpoint.

    Raises:
        InputError: If a ``Pretrained`` has no checkpoint, or asks for another part of
            it than the backbone.
    """
    layers = []
    for cfg in [init_cfg] if isinstance(init_cfg, dict) else init_cfg or []:
        if cfg.get('type') == 'Pretrained':
            check_pretrained(cfg)
            pretrained = pretrained or cfg['checkpoint']
        else:
            layers.append(cfg)
    return layers or default, pretrained


def check_pretrained(cfg: dict) -> None:
    """Raises InputError unless a ``Pretrained`` is a checkpoint of the backbone."""
    unknown = [key for key in cfg if key not in PRETRAINED_KEYS]
    if unknown or not cfg.get('checkpoint'):
        what = f'knows no {unknown[0]}' if unknown else 'needs a checkpoint'
        raise InputError(f'init_cfg: Pretrained {what}: set pretrained=FILE instead')
    if cfg.get('prefix', PREFIXES[0]) not in PREFIXES:
        raise InputError(
            f'init_cfg has the prefix {cfg["prefix"]!r}: give a checkpoint with the '
            "backbone at the top or below 'backbone.', and omit the prefix"
        )


def check_arguments(
    in_channels: int,
    out_indices: Sequence[int],
    drop_path_rate: float,
    num_branches: int,
) -> None:
    """Refuses arguments, of any backbone, that are out of range.

    Args:
        in_channels (int): Channels of the image.
        out_indices (Sequence[int]): The branches to return.
        drop_path_rate (float): Rate of the deepest block.
        num_branches (int): Branches of the network.

    Raises:
        InputError: If one is.
    """
    check_whole('in_channels', in_channels)
    check_indices('out_indices', out_indices, num_branches)
    check_rate('drop_path_rate', drop_path_rate)
