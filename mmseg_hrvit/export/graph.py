"""A segmentation network as one function of an image batch."""

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import convert

OUTPUTS = ('logits', 'resized', 'labels')


@dataclass(frozen=True)
class GraphOptions:
    """What the graph contains besides the network.

    Args:
        output (str): 'logits' at the head's stride, 'resized' to the image's size,
            or 'labels', their arg-max. Defaults to 'logits'.
        normalize (bool): The graph takes RGB values from 0 to 255 and normalises them;
            otherwise it takes the network's own input. Defaults to False.

    Raises:
        InputError: If the output is unknown.
    """

    output: str = 'logits'
    normalize: bool = False

    def __post_init__(self) -> None:
        if self.output not in OUTPUTS:
            raise InputError(
                f'output={self.output!r} is unknown: choose {", ".join(OUTPUTS)}'
            )


class Reference:
    """The output of the segmentor itself for the images of a graph.

    Args:
        segmentor (nn.Module): An ``EncoderDecoder`` of mmseg, in evaluation mode.
        options (GraphOptions): Those of the graph. Defaults to only logits.
        rgb (bool): The graph takes RGB, and the segmentor's preprocessor BGR.
            Defaults to True.
    """

    def __init__(
        self,
        segmentor: nn.Module,
        options: GraphOptions = GraphOptions(),
        rgb: bool = True,
    ) -> None:
        self.segmentor = segmentor
        self.options = options
        self.rgb = rgb

    def __call__(self, images: Tensor) -> Tensor:
        """Maps images to the output of ``InferenceGraph``."""
        if self.options.normalize:
            images = self._normalise(images)
        if self.options.output == 'logits':
            return self.segmentor(images, mode='tensor')
        size = images.shape[2:]
        metas = [dict(img_shape=size, ori_shape=size) for _ in images]
        logits = self.segmentor.encode_decode(images, metas)
        if self.options.output == 'resized':
            return logits
        samples = self.segmentor.postprocess_result(logits)
        return torch.stack([x.pred_sem_seg.data[0] for x in samples]).to(torch.int32)

    def _normalise(self, images: Tensor) -> Tensor:
        images = images.flip(1) if self.rgb else images
        data = dict(inputs=list(images))
        return self.segmentor.data_preprocessor(data, False)['inputs']


class InferenceGraph(nn.Module):
    """Backbone and head of a segmentor, in their forms for engines.

    Args:
        segmentor (nn.Module): An ``EncoderDecoder`` of mmseg, in evaluation mode. It is
            not changed.
        options (GraphOptions): What the graph contains. Defaults to only logits.
    """

    def __init__(
        self,
        segmentor: nn.Module,
        options: GraphOptions = GraphOptions(),
    ) -> None:
        super().__init__()
        network = convert(segmentor, 'engines')
        self.backbone = network.backbone
        self.neck = network.neck if network.with_neck else nn.Identity()
        self.head = network.decode_head
        self.options = options
        preprocessor = network.data_preprocessor
        if options.normalize:
            self.register_buffer('pixel_mean', preprocessor.mean, persistent=False)
            self.register_buffer('pixel_std', preprocessor.std, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (B, C, H, W), float, to the output of ``options``.

        Returns:
            Tensor: 'logits' (B, classes, h, w), 'resized' (B, classes, H, W) or
            'labels' (B, H, W), int32.
        """
        x = images
        if self.options.normalize:
            x = (x - self.pixel_mean) / self.pixel_std
        logits = self.head(self.neck(self.backbone(x)))
        if self.options.output == 'logits':
            return logits
        logits = F.interpolate(
            logits,
            size=images.shape[2:],
            mode='bilinear',
            align_corners=self.head.align_corners,
        )
        return logits if self.options.output == 'resized' else self._label(logits)

    def _label(self, logits: Tensor) -> Tensor:
        if self.head.out_channels == 1:
            return (logits[:, 0].sigmoid() > self.head.threshold).to(torch.int32)
        return logits.argmax(1).to(torch.int32)
