"""HRViT transcribed from the paper, as literally as it can be.

Windows are padded, padded keys are masked, the softmax is written out, the head
up-samples and concatenates. It is what every optimised path is compared with.
Parameters have the package's names, so weights are shared by load_state_dict.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from mmseg_hrvit.models.backbones.arch import read_arch

DES_ACTIVATIONS = dict(HSwish=nn.Hardswish, GELU=nn.GELU)


class OracleStem(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 32, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, 2, 1)
        self.bn2 = nn.BatchNorm2d(64)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class OraclePatchEmbed(nn.Module):
    """Eq. 4: LN(DWConv(PWConv(x)))."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.pointwise = nn.Conv2d(in_channels, channels, 1)
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        x = self.depthwise(self.pointwise(x))
        return self.norm(x.permute(0, 2, 3, 1))


class OracleAttention(nn.Module):
    """Eqs. 1 and 2, Figure 2."""

    def __init__(self, spec):
        super().__init__()
        c = spec.channels
        self.head_dim, self.window_size = spec.head_dim, spec.window_size
        self.qv = nn.Linear(c, 2 * c)
        self.parallel_conv = nn.Conv2d(c, c, 3, 1, 1, groups=c)
        self.proj = nn.Linear(c, c)
        self.bn = nn.BatchNorm2d(c)

    def forward(self, x):
        q, v = self.qv(x).chunk(2, dim=-1)
        (q_h, q_v), (v_h, v_v) = q.chunk(2, dim=-1), v.chunk(2, dim=-1)
        z_h = self.attend(q_h, v_h)
        z_v = self.attend(q_v.transpose(1, 2), v_v.transpose(1, 2)).transpose(1, 2)
        z = torch.cat([z_h, z_v], dim=-1)
        conv = self.parallel_conv(F.hardswish(v).permute(0, 3, 1, 2))
        y = z + conv.permute(0, 2, 3, 1)
        y = self.proj(F.hardswish(y))
        return self.bn(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    def attend(self, q, v):
        """Softmax(Q V^T / sqrt(d_k)) V within s x W windows, the last one padded."""
        batch, height, width, channels = q.shape
        s, d = self.window_size, self.head_dim
        pad = -height % s
        windows = (height + pad) // s

        def split(x):
            x = F.pad(x, (0, 0, 0, 0, 0, pad))
            x = x.reshape(batch, windows, s * width, channels // d, d)
            return x.transpose(2, 3)  # B, windows, heads, s * W, d

        q, v = split(q), split(v)
        scores = q @ v.transpose(-1, -2) / math.sqrt(d)
        if pad:
            rows = torch.arange(windows * s, device=q.device) < height
            is_real = rows[:, None].expand(-1, width).reshape(windows, 1, 1, s * width)
            scores = scores.masked_fill(~is_real, float('-inf'))
        scores = (scores - scores.amax(dim=-1, keepdim=True)).exp()
        weights = scores / scores.sum(dim=-1, keepdim=True)
        z = (weights @ v).transpose(2, 3)
        return z.reshape(batch, height + pad, width, channels)[:, :height]


class OracleShortcut(nn.Module):
    """Eq. 3: A . act(x B^T), with x folded to k x p."""

    def __init__(self, channels, act_cfg):
        super().__init__()
        self.p = 2 ** math.ceil(math.floor(math.log2(channels)) / 2)
        self.k = channels // self.p
        self.proj_right = nn.Linear(self.p, self.p)
        self.proj_left = nn.Linear(self.k, self.k)
        self.act = DES_ACTIVATIONS[act_cfg['type']]()

    def forward(self, x):
        folded = x.reshape(*x.shape[:-1], self.k, self.p)
        right = self.act(folded @ self.proj_right.weight.T + self.proj_right.bias)
        left = self.proj_left.weight @ right + self.proj_left.bias[:, None]
        return left.reshape(x.shape)


class OracleMixCFN(nn.Module):
    """Figure 3."""

    def __init__(self, channels, ratio):
        super().__init__()
        hidden = channels * ratio
        half = hidden // 2
        self.fc1 = nn.Linear(channels, hidden)
        self.dwconv3 = nn.Conv2d(half, half, 3, 1, 1, groups=half)
        self.dwconv5 = nn.Conv2d(half, half, 5, 1, 2, groups=half)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x):
        small, large = self.fc1(x).permute(0, 3, 1, 2).chunk(2, dim=1)
        x = torch.cat([self.dwconv3(small), self.dwconv5(large)], dim=1)
        return self.fc2(F.gelu(x).permute(0, 2, 3, 1))


class OracleBlock(nn.Module):
    def __init__(self, spec, des_act_cfg):
        super().__init__()
        self.norm1 = nn.LayerNorm(spec.channels)
        self.attn = OracleAttention(spec)
        self.des = OracleShortcut(spec.channels, des_act_cfg)
        self.norm2 = nn.LayerNorm(spec.channels)
        self.ffn = OracleMixCFN(spec.channels, spec.mlp_ratio)

    def forward(self, x):
        x = x + self.attn(self.norm1(x)) + self.des(x)
        return x + self.ffn(self.norm2(x))


class OracleBranch(nn.Module):
    def __init__(self, in_channels, spec, depth, des_act_cfg):
        super().__init__()
        self.patch_embed = OraclePatchEmbed(in_channels, spec.channels)
        self.blocks = nn.Sequential(
            *(OracleBlock(spec, des_act_cfg) for _ in range(depth))
        )
        self.norm = nn.LayerNorm(spec.channels)

    def forward(self, x):
        return self.norm(self.blocks(self.patch_embed(x))).permute(0, 3, 1, 2)


class OracleDown(nn.Module):
    def __init__(self, in_channels, out_channels, k):
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            2**k + 1,
            2**k,
            2 ** (k - 1),
            groups=in_channels,
            bias=False,
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.bn2(self.pointwise(self.bn1(self.depthwise(x))))


class OracleUp(nn.Module):
    def __init__(self, in_channels, out_channels, k):
        super().__init__()
        self.k = k
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        x = self.bn(self.pointwise(x))
        return x.repeat_interleave(2**self.k, -1).repeat_interleave(2**self.k, -2)


class OracleFusion(nn.Module):
    """Figure 4: every output sums a path from every input."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.paths = nn.ModuleList()
        for j, c_out in enumerate(out_channels):
            row = [
                OracleDown(c_in, c_out, j - i)
                if i < j
                else OracleUp(c_in, c_out, i - j)
                if i > j
                else nn.Identity()
                for i, c_in in enumerate(in_channels)
            ]
            self.paths.append(nn.ModuleList(row))

    def forward(self, maps):
        return [self.fuse(j, maps) for j in range(len(self.paths))]

    def fuse(self, j, maps):
        outs = [path(x) for path, x in zip(self.paths[j], maps, strict=True)]
        height = min(x.shape[2] for x in outs)
        width = min(x.shape[3] for x in outs)
        return F.gelu(sum(x[:, :, :height, :width] for x in outs))


class OracleModule(nn.Module):
    def __init__(self, in_channels, specs, depths, des_act_cfg):
        super().__init__()
        channels = [spec.channels for spec in specs]
        channels[: len(in_channels)] = in_channels
        self.fusion = OracleFusion(in_channels, channels)
        self.branches = nn.ModuleList(
            OracleBranch(c, spec, depth, des_act_cfg)
            for c, spec, depth in zip(channels, specs, depths, strict=True)
        )

    def forward(self, maps):
        fused = self.fusion(maps)
        return [b(x) for b, x in zip(self.branches, fused, strict=True)]


class OracleHRViT(nn.Module):
    """Figure 1, without drop-path."""

    def __init__(
        self, arch='b1', des_act_cfg=None, in_channels=3, window_sizes=None, depths=None
    ):
        super().__init__()
        des_act_cfg = des_act_cfg or dict(type='HSwish')
        specs, depths = read_arch(arch, window_sizes, depths)
        self.stem = OracleStem(in_channels)
        self.hr_modules = nn.ModuleList()
        channels = [64]
        for blocks in depths:
            used = specs[: len(blocks)]
            self.hr_modules.append(OracleModule(channels, used, blocks, des_act_cfg))
            channels = [spec.channels for spec in used]

    def forward(self, x):
        maps = [self.stem(x)]
        for module in self.hr_modules:
            maps = module(maps)
        return tuple(maps)


class OracleSegformerHead(nn.Module):
    """SegFormer's head as drawn: project, up-sample, concatenate, fuse, classify."""

    def __init__(self, in_channels, channels, num_classes, dropout_ratio=0.0):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(c, channels, 1) for c in in_channels)
        self.fusion_conv = nn.Module()
        self.fusion_conv.conv = nn.Conv2d(
            channels * len(in_channels), channels, 1, bias=False
        )
        self.fusion_conv.bn = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout2d(dropout_ratio)
        self.conv_seg = nn.Conv2d(channels, num_classes, 1)

    def forward(self, maps):
        size = maps[0].shape[2:]
        projected = [
            F.interpolate(conv(x), size, mode='bilinear', align_corners=False)
            for conv, x in zip(self.convs, maps, strict=True)
        ]
        x = self.fusion_conv.conv(torch.cat(projected, dim=1))
        return self.conv_seg(self.dropout(F.relu(self.fusion_conv.bn(x))))


class OracleSegmentor(nn.Module):
    """Backbone and head in one; names as in mmseg's EncoderDecoder."""

    def __init__(self, backbone, decode_head):
        super().__init__()
        self.backbone = backbone
        self.decode_head = decode_head

    def forward(self, x):
        return self.decode_head(self.backbone(x))
