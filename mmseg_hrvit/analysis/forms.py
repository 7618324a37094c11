"""The forms in which a network can be run and timed."""

from collections.abc import Callable, Sequence
from importlib import import_module

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import convert, convert_for_training

from .memory import kept_bytes

INFERENCE_FORMS = ('runtime', 'plain', 'compile', 'cudagraph', 'openvino', 'oracle')
TRAINED_FORMS = ('runtime', 'plain', 'training_cpu', 'compile', 'oracle')
FORMS = tuple(dict.fromkeys(INFERENCE_FORMS + TRAINED_FORMS))
COMPILE_MODES = dict(compile='default', cudagraph='reduce-overhead')

Network = Callable[[Tensor], object]


def build_network(cfg: Config) -> nn.Module:
    """Builds a config's model for inference, with random weights."""
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        return awaken(revert_sync_batchnorm(MODELS.build(cfg.model))).eval()


def awaken(network: nn.Module) -> nn.Module:
    """Draws the scales of BatchNorms; at an initial 0, nothing before them counts."""
    for module in network.modules():
        if isinstance(module, _BatchNorm) and module.affine:
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return network


def inference(cfg: Config, form: str, images: Tensor) -> Network:
    """Makes a function from images to logits.

    Args:
        cfg (Config): A config of mmseg or mmpretrain.
        form (str): One of ``INFERENCE_FORMS``.
        images (Tensor): Images (B, C, H, W) like those that will follow.

    Returns:
        Network: The function.

    Raises:
        InputError: If the network does not have this form.
    """
    if form not in INFERENCE_FORMS:
        raise InputError(f'@{form}: for inference, choose {", ".join(INFERENCE_FORMS)}')
    if form == 'oracle':
        return build_oracle(cfg).to(images.device).eval()
    network = build_network(cfg).to(images.device)
    if form == 'openvino':
        return with_openvino(network, images.shape)
    if form != 'plain':
        network = convert(network, 'inference')
    if form in COMPILE_MODES:
        network.compile(dynamic=False, mode=COMPILE_MODES[form])
    return lambda x: network(x, mode='tensor')


class TrainingStep:
    """A step of fused AdamW on constant labels, at the logits' own size.

    Args:
        cfg (Config): A config of mmseg.
        form (str): One of ``TRAINED_FORMS``.
        device (torch.device): Where to train.
        scaled (bool): Scale the loss, as float16 needs it. Defaults to False.

    Raises:
        InputError: If the network is not trained in this form.
    """

    def __init__(
        self, cfg: Config, form: str, device: torch.device, scaled: bool = False
    ) -> None:
        if form not in TRAINED_FORMS:
            raise InputError(
                f'@{form}: for training, choose {", ".join(TRAINED_FORMS)}'
            )
        if form == 'oracle':
            self.network, self.options = build_oracle(cfg).to(device), {}
        else:
            self.network, self.options = (
                build_network(cfg).to(device),
                dict(mode='tensor'),
            )
        if form in ('runtime', 'compile'):
            convert_for_training(self.network, device.type, form == 'compile')
        elif form == 'training_cpu':
            convert(self.network, form)
        self.network.train()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), fused=True)
        self.scaler = torch.amp.GradScaler(device.type, enabled=scaled)

    def __call__(self, images: Tensor) -> None:
        """Trains on images (B, C, H, W)."""
        with torch.inference_mode(False), torch.enable_grad():
            self.optimizer.zero_grad()
            self.scaler.scale(self.loss(images)).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()

    def loss(self, images: Tensor) -> Tensor:
        """The loss of images (B, C, H, W)."""
        logits = self.network(images, **self.options)  # B, classes, H / 4, W / 4
        shape = logits[:, 0].shape
        labels = torch.zeros(shape, dtype=torch.long, device=images.device)
        return F.cross_entropy(logits.float(), labels)

    def saved_bytes(self, images: Tensor) -> int:
        """Counts what is kept in memory for the backward pass of a step.

        Args:
            images (Tensor): Images (B, C, H, W).

        Returns:
            int: Bytes, without those of parameters and images.
        """
        return kept_bytes(lambda: self.loss(images))


def build_oracle(cfg: Config) -> nn.Module:
    """Builds the literal transcription of the paper, which is not in this package.

    Args:
        cfg (Config): A config of HRViT with SegFormer's head.

    Returns:
        nn.Module: Image to logits.

    Raises:
        InputError: If the config is for another network, or Python finds no module
            ``oracle``.
    """
    backbone, head = cfg.model.backbone, cfg.model.get('decode_head', {})
    types = backbone.type, head.get('type')
    if types != ('mmseg_hrvit.HRViT', 'mmseg_hrvit.LinearSegformerHead'):
        raise InputError("the oracle is only for HRViT with SegFormer's head")
    try:
        oracle = import_module('oracle')
    except ModuleNotFoundError as error:
        raise InputError(
            'the oracle is tests/oracle.py of a checkout: run `hrvit benchmark` there'
        ) from error
    return oracle.OracleSegmentor(
        oracle.OracleHRViT(backbone.get('arch', 'b1'), backbone.get('des_act_cfg')),
        oracle.OracleSegformerHead(head.in_channels, head.channels, head.num_classes),
    )


def with_openvino(network: nn.Module, shape: Sequence[int]) -> Network:
    """Makes a function that OpenVINO runs in float32 on the CPU.

    Args:
        network (nn.Module): A segmentor of mmseg, in evaluation mode.
        shape (Sequence[int]): Of the images, (B, C, H, W).

    Returns:
        Network: The function.

    Raises:
        InputError: If OpenVINO is not installed.
        RuntimeError: If it computes another function than the network.
    """
    from mmseg_hrvit.export import InferenceGraph, Reference, trace
    from mmseg_hrvit.export.formats import open_format
    from mmseg_hrvit.export.verify import TOLERANCE, relative_difference, run_graph

    engine = open_format('openvino')
    _, channels, *size = shape
    graph = InferenceGraph(network)
    program = trace(graph, channels, tuple(size))
    threads = torch.get_num_threads()
    model = engine.convert(program, size)
    run = engine.compile_model(model, 'fp32', threads, tuple(shape))
    images = torch.randn(*shape).numpy()
    difference = relative_difference(run(images), run_graph(Reference(network), images))
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f'the output of OpenVINO differs too much: by {difference:.1e}'
        )
    return lambda x: run(x.numpy())
