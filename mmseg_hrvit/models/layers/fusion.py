"""Dense cross-resolution fusion (section 2.2, Figure 4)."""

from collections.abc import Sequence

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from torch import Tensor

from .depthwise import depthwise_conv


class DownPath(nn.Module):
    """Leads a map to a branch of 2^k times lower resolution in one step.

    A depth-wise convolution of kernel 2^k + 1 and stride 2^k, then a point-wise
    one, each with its BatchNorm.

    Args:
        in_channels (int): Channels of the input map.
        out_channels (int): Channels of the output map.
        steps (int): k, the branches in between plus one.
        norm_cfg (dict): Config of the BatchNorm layers.
    """

    def __init__(
        self, in_channels: int, out_channels: int, steps: int, norm_cfg: dict
    ) -> None:
        super().__init__()
        stride = 2**steps
        self.depthwise = depthwise_conv(in_channels, stride + 1, stride, bias=False)
        self.bn1 = build_norm_layer(norm_cfg, in_channels)[1]
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.bn2 = build_norm_layer(norm_cfg, out_channels)[1]

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, in_channels, H, W) to (B, out_channels, H / 2^k, W / 2^k)."""
        return self.bn2(self.pointwise(self.bn1(self.depthwise(x))))


class UpPath(nn.Module):
    """Leads a map to a branch of 2^k times higher resolution.

    A point-wise convolution with BatchNorm, then nearest up-sampling.

    Args:
        in_channels (int): Channels of the input map.
        out_channels (int): Channels of the output map.
        steps (int): k, the branches in between plus one.
        norm_cfg (dict): Config of the BatchNorm layer.
    """

    def __init__(
        self, in_channels: int, out_channels: int, steps: int, norm_cfg: dict
    ) -> None:
        super().__init__()
        self.scale = 2**steps
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.bn = build_norm_layer(norm_cfg, out_channels)[1]

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """Maps (B, in_channels, h, w) to (B, out_channels, *size).

        The scale is exactly 2^k, also if down-sampling rounded the sizes up; pixels
        beyond ``size`` are cropped.
        """
        x = self.bn(self.pointwise(x))
        x = F.interpolate(x, scale_factor=self.scale, mode='nearest')
        return x[:, :, : size[0], : size[1]]


class CrossResolutionFusion(nn.Module):
    """Sums the maps of all branches in each branch, then GELU.

    Every output is the sum of one path from each input: down, up, or the map
    itself. An output beyond the inputs is a new branch.

    Args:
        in_channels (Sequence[int]): Channels of the input branches.
        out_channels (Sequence[int]): Channels of all branches of the module that
            follows; existing branches keep their channels.
        out_indices (Sequence[int]): The branches to compute.
        norm_cfg (dict): Config of the BatchNorm layers.
        dense (bool): Fuse all branches, or neighbours only (Table 5). Defaults
            to True.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: Sequence[int],
        out_indices: Sequence[int],
        norm_cfg: dict,
        dense: bool = True,
    ) -> None:
        super().__init__()
        self.paths = nn.ModuleDict()
        for j in out_indices:
            self.paths[str(j)] = nn.ModuleDict()
            for i, channels in enumerate(in_channels):
                if i == j or (not dense and abs(i - j) > 1):
                    continue
                path = DownPath if i < j else UpPath
                self.paths[str(j)][str(i)] = path(
                    channels, out_channels[j], abs(i - j), norm_cfg
                )
        self.act = nn.GELU()

    def forward(self, inputs: Sequence[Tensor]) -> dict[int, Tensor]:
        """Fuses the branches.

        Args:
            inputs (Sequence[Tensor]): Map i is (B, C_i, H / 2^i, W / 2^i), sizes
                rounded up.

        Returns:
            dict[int, Tensor]: For each branch j of ``out_indices`` a map
            (B, C_j, H / 2^j, W / 2^j).
        """
        return {int(j): self.act(self._sum(int(j), inputs)) for j in self.paths}

    def _sum(self, j: int, inputs: Sequence[Tensor]) -> Tensor:
        maps = [inputs[j]] if j < len(inputs) else []
        for i, path in self.paths[str(j)].items():
            x = inputs[int(i)]
            is_up = int(i) > j
            maps.append(path(x, inputs[j].shape[2:]) if is_up else path(x))
        return sum(maps[1:], maps[0])
