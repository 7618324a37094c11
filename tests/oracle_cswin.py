"""CSWin transcribed from its paper, window by window, under its public names."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class ToTokens(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)


class OracleWindows(nn.Module):
    """Attention and LePE in windows of at most ``size``; None: as large as the map."""

    def __init__(self, channels, num_heads, size):
        super().__init__()
        self.num_heads, self.size = num_heads, size
        self.get_v = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)

    def forward(self, q, k, v):
        height, width = q.shape[1:3]
        rows, columns = self.size[0] or height, self.size[1] or width
        z = torch.zeros_like(v)
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                window = (
                    slice(None),
                    slice(top, top + rows),
                    slice(left, left + columns),
                )
                z[window] = self.attend(q[window], k[window], v[window])
        return z

    def attend(self, q, k, v):
        batch, height, width, channels = q.shape
        d = channels // self.num_heads
        lepe = self.get_v(v.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        z = torch.zeros_like(v)
        for head in range(self.num_heads):
            part = slice(head * d, (head + 1) * d)
            q_, k_, v_ = (x[..., part].reshape(batch, -1, d) for x in (q, k, v))
            scores = (q_ @ k_.transpose(1, 2) / math.sqrt(d)).softmax(dim=-1)
            z[..., part] = (scores @ v_).reshape(batch, height, width, d)
        return z + lepe


class OracleMlp(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class OracleBlock(nn.Module):
    def __init__(self, channels, num_heads, split_size):
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        sizes = [(None, split_size), (split_size, None)]  # vertical, horizontal
        if split_size is None:
            sizes = [(None, None)]
        n = len(sizes)
        self.attns = nn.ModuleList(
            OracleWindows(channels // n, num_heads // n, size) for size in sizes
        )
        self.proj = nn.Linear(channels, channels)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = OracleMlp(channels)

    def forward(self, x):
        parts = zip(
            self.attns,
            *(
                t.chunk(len(self.attns), -1)
                for t in self.qkv(self.norm1(x)).chunk(3, -1)
            ),
            strict=True,
        )
        x = x + self.proj(torch.cat([attn(q, k, v) for attn, q, k, v in parts], -1))
        return x + self.mlp(self.norm2(x))


class OracleMerge(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 2 * channels, 3, 2, 1)
        self.norm = nn.LayerNorm(2 * channels)

    def forward(self, x):
        return self.norm(self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class OracleCSWin(nn.Module):
    """The classifier, for images whose sides are multiples of 4."""

    def __init__(self, embed_dims, depths, num_classes=10):
        super().__init__()
        self.stage1_conv_embed = nn.Sequential(
            nn.Conv2d(3, embed_dims, 7, 4, 2), ToTokens(), nn.LayerNorm(embed_dims)
        )
        for i, (depth, heads, split_size) in enumerate(
            zip(depths, (2, 4, 8, 16), (1, 2, 7, None), strict=True)
        ):
            channels = embed_dims * 2**i
            blocks = [OracleBlock(channels, heads, split_size) for _ in range(depth)]
            setattr(self, f'stage{i + 1}', nn.Sequential(*blocks))
            if i < 3:
                setattr(self, f'merge{i + 1}', OracleMerge(channels))
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x):
        """The maps that the stages end with, the last one after the norm."""
        x = self.stage1_conv_embed(x)
        maps = []
        for i in range(1, 5):
            x = getattr(self, f'stage{i}')(x)
            maps.append(x)
            if i < 4:
                x = getattr(self, f'merge{i}')(x)
        maps[-1] = self.norm(maps[-1])
        return [x.permute(0, 3, 1, 2) for x in maps]
