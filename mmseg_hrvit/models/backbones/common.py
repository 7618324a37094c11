"""What the backbones share: drop-path rates, initialisation, checks of arguments."""

from collections.abc import Sequence
from itertools import islice

from ..checks import check_indices, check_rate, check_whole

# Linear layers and norms; convolutions keep torch's initialisation.
DEFAULT_INIT = [
    dict(type='TruncNormal', layer='Linear', std=0.02, bias=0.0),
    dict(type='Constant', layer=['_BatchNorm', 'LayerNorm'], val=1.0, bias=0.0),
]


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
    init_cfg: dict | list[dict] | None, pretrained: str | None
) -> tuple[dict | list[dict], str | None]:
    """Removes a checkpoint from ``init_cfg``, so that it can be loaded strictly.

    Args:
        init_cfg (dict | list[dict] | None): The user's initialisation.
        pretrained (str | None): The user's checkpoint.

    Returns:
        tuple[dict | list[dict], str | None]: The initialisation of the layers, the
        paper's by default, and the checkpoint.
    """
    if isinstance(init_cfg, dict) and init_cfg.get('type') == 'Pretrained':
        return DEFAULT_INIT, pretrained or init_cfg['checkpoint']
    return init_cfg or DEFAULT_INIT, pretrained


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
