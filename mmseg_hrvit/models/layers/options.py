"""What the layers of a network are built from, carried as one value."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class BranchSpec:
    """The sizes of one branch: its column of Table 2.

    Args:
        channels (int): Channels C.
        window_size (int): Window size s, in tokens.
        mlp_ratio (int): MixCFN's expansion ratio r.
        head_dim (int): Channels of a head, d_k.
    """

    channels: int
    window_size: int
    mlp_ratio: int
    head_dim: int


@dataclass(frozen=True)
class Options:
    """What all modules share; most are the rows that Table 5 takes away.

    Args:
        share_key_value (bool): One projection for key and value (Eq. 2), or two.
        efficient_patch_embed (bool): Eq. 4, or a full 3x3 convolution.
        mixcfn (bool): MixCFN, or a plain feed-forward network.
        parallel_conv (bool): The attention's convolution path.
        extra_nonlinearity (bool): The attention's Hardswish and BatchNorm.
        dense_fusion (bool): Fuse all branches, or neighbours only.
        des (bool): The diversity-enhanced shortcut (Eq. 3).
        des_act_cfg (dict): Its activation.
        norm_cfg (dict): Config of all BatchNorm layers.
        with_cp (bool): Recompute blocks in the backward pass to save memory.
    """

    share_key_value: bool = True
    efficient_patch_embed: bool = True
    mixcfn: bool = True
    parallel_conv: bool = True
    extra_nonlinearity: bool = True
    dense_fusion: bool = True
    des: bool = True
    des_act_cfg: dict = field(default_factory=lambda: dict(type='HSwish'))
    norm_cfg: dict = field(default_factory=lambda: dict(type='BN'))
    with_cp: bool = False
