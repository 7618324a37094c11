"""mmseg's encoder and decoder, predicting images of any size in bounded memory."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseTTAModel
from mmengine.registry import MODELS
from mmseg.models.data_preprocessor import SegDataPreProcessor
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.segmentors import EncoderDecoder
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.nn.modules.module import register_module_module_registration_hook

from .axis import Axis, cut_windows
from .options import check_test_cfg
from .prediction import Prediction

# What mmseg's prediction calls in turn, of the segmentor and of its head.
STEPS = (
    *('inference', 'whole_inference', 'slide_inference'),
    *('encode_decode', 'postprocess_result'),
)
HEAD_STEPS = ('predict', 'predict_by_feat')


@MODELS.register_module()
class TiledEncoderDecoder(EncoderDecoder):
    """mmseg's ``EncoderDecoder`` with the same predictions in less memory and time.

    mmseg's loop makes several full-size copies of the logits. Here windows keep their
    logits as small as the head gives them, and the output is summed from them and
    converted to labels tile by tile. Windows are normalised only when they are cut:
    until then, an image keeps its 8 bits.

    It has the arguments, the training and the checkpoints of ``EncoderDecoder``.
    ``test_cfg`` has mmseg's ``mode``, ``crop_size`` and ``stride``, and in addition:

    - ``keep_logits`` (bool): Results have full-size ``seg_logits`` too, of
      ``num_classes`` x 4 bytes per pixel. Defaults to False. Inside a model for
      test-time augmentation, such as ``SegTTAModel``, they always have them.
    - ``window_batch_size`` (int): Windows that the network gets at once. Defaults
      to 1.

    A subclass that overrides one of mmseg's steps (``inference``,
    ``whole_inference``, ``slide_inference``, ``encode_decode``,
    ``postprocess_result``) predicts with mmseg's loop and its own step.

    Raises:
        InputError: If ``test_cfg`` has a misspelt key, or a value that cannot be used.
    """

    is_augmented = False

    def __init__(
        self,
        backbone: dict,
        decode_head: dict,
        neck: dict | None = None,
        auxiliary_head: dict | list[dict] | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        data_preprocessor: dict | nn.Module | None = None,
        pretrained: str | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        check_test_cfg(test_cfg)
        super().__init__(
            backbone,
            decode_head,
            neck,
            auxiliary_head,
            train_cfg,
            test_cfg,
            data_preprocessor,
            pretrained,
            init_cfg,
        )

    def test_step(self, data: dict | tuple | list) -> list[SegDataSample]:
        """Predicts a batch as a data loader gives it.

        Args:
            data (dict | tuple | list): ``inputs``, images (3, H, W) of one size, and
                ``data_samples``.

        Returns:
            list[SegDataSample]: As ``predict`` returns them.
        """
        if self._can_normalise_windows(data):
            samples = self.data_preprocessor.cast_data(data.get('data_samples'))
            data = dict(inputs=as_batch(data['inputs']), data_samples=samples)
        else:
            data = self.data_preprocessor(data, False)
        return self._run_forward(data, mode='predict')

    def val_step(self, data: dict | tuple | list) -> list[SegDataSample]:
        """Does the same as ``test_step``."""
        return self.test_step(data)

    def predict(
        self, inputs: Tensor, data_samples: list[SegDataSample] | None = None
    ) -> list[SegDataSample]:
        """Predicts the labels of images.

        Args:
            inputs (Tensor): Images (B, 3, H, W), normalised, or integers as read.
            data_samples (list[SegDataSample], optional): One for each image. Their
                padding and mirroring are undone, and the output has their
                ``ori_shape``; without them it has the size of the input.

        Returns:
            list[SegDataSample]: The data samples, with what ``Prediction.fields``
            describes.

        Raises:
            InputError: If ``test_cfg`` has an unknown mode, or windows with gaps.
        """
        if not are_those_of(EncoderDecoder, self, STEPS):
            return super().predict(self._normalise(inputs), data_samples)
        rows, cols = self._cut_windows(inputs.shape[2:])
        if data_samples is None:
            data_samples = [SegDataSample() for _ in inputs]
        metas = [sample.metainfo for sample in data_samples]
        predictions = [self._start_prediction(rows, cols, meta) for meta in metas]
        # In this order, a row of windows that is left behind is not needed again.
        bands = sorted(
            (
                (prediction.rows.touching(band), n, band)
                for n, prediction in enumerate(predictions)
                for band in prediction.bands
            ),
            key=lambda band: band[0].start,
        )
        logits = {}
        for needed, n, band in bands:
            logits = {i: row for i, row in logits.items() if i >= needed.start}
            for i in needed:
                if i not in logits:
                    logits[i] = self.window_logits(inputs, metas, rows[i], cols)
            own = {i: [window[n] for window in logits[i]] for i in needed}
            predictions[n].render(band, own)
        for sample, prediction in zip(data_samples, predictions, strict=True):
            sample.set_data(prediction.fields())
        return data_samples

    def _can_normalise_windows(self, data: dict | tuple | list) -> bool:
        preprocessor = self.data_preprocessor
        # Padding comes after normalisation, and subclasses may do anything.
        if type(preprocessor) is not SegDataPreProcessor or preprocessor.test_cfg:
            return False
        if not are_those_of(TiledEncoderDecoder, self, ('forward', 'predict')):
            return False
        if not isinstance(data, dict):
            return False
        return not any(image.is_floating_point() for image in data['inputs'])

    def _normalise(self, images: Tensor) -> Tensor:
        """Normalises images (B, 3, H, W) that are integers, as they were read."""
        if images.is_floating_point():
            return images
        return self.data_preprocessor(dict(inputs=list(images)), False)['inputs']

    def _cut_windows(self, size: Sequence[int]) -> list[list[range]]:
        check_test_cfg(self.test_cfg)  # it may have changed
        if self.test_cfg.get('mode', 'whole') == 'whole':
            return [[range(pixels)] for pixels in size]
        crop_size, stride = self.test_cfg['crop_size'], self.test_cfg['stride']
        return [
            cut_windows(*args) for args in zip(size, crop_size, stride, strict=True)
        ]

    def _start_prediction(
        self, rows: Sequence[range], cols: Sequence[range], meta: dict
    ) -> Prediction:
        """Lays out the prediction for an image with mmseg's meta information."""
        padding = meta.get('img_padding_size', meta.get('padding_size', (0, 0, 0, 0)))
        left, right, top, bottom = padding
        shown = [range(top, rows[-1].stop - bottom), range(left, cols[-1].stop - right)]
        out_size = meta.get('ori_shape', tuple(map(len, shown)))[:2]
        if meta.get('flip'):
            side = ('vertical', 'horizontal').index(meta['flip_direction'])
            shown[side] = shown[side][::-1]
        parameter = next(self.parameters())
        dtype = torch.promote_types(parameter.dtype, torch.float32)
        axes = [
            Axis(*args, self.align_corners, dtype, parameter.device)
            for args in zip((rows, cols), shown, out_size, strict=True)
        ]
        return Prediction(
            *axes,
            self.out_channels,
            self.decode_head.threshold if self.out_channels == 1 else None,
            self.is_augmented or self.test_cfg.get('keep_logits', False),
            parameter.device,
        )

    def window_logits(
        self,
        inputs: Tensor,
        metas: Sequence[dict],
        row: range,
        cols: Sequence[range],
    ) -> list[Tensor]:
        """Runs the network on windows of one row.

        Args:
            inputs (Tensor): Images (B, C, H, W), normalised, or integers as read.
            metas (Sequence[dict]): The meta information of each image.
            row (range): The rows of the windows.
            cols (Sequence[range]): The columns of each window.

        Returns:
            list[Tensor]: The logits (B, h, w, C) of each window, as small as the head
            gives them.
        """
        rows = inputs[:, :, row.start : row.stop]
        windows = [rows[..., col.start : col.stop] for col in cols]
        step = self.test_cfg.get('window_batch_size', 1)
        logits = []
        for start in range(0, len(windows), step):
            batch = windows[start : start + step]
            x = self._normalise(torch.cat(batch))  # len(batch) * B, 3, H, W
            x = self._small_logits(x, [*metas] * len(batch))
            x = x.to(torch.promote_types(x.dtype, torch.float32))
            logits += x.permute(0, 2, 3, 1).contiguous().chunk(len(batch))
        return logits

    def _small_logits(self, windows: Tensor, metas: Sequence[dict]) -> Tensor:
        """Runs the network; the logits stay as small as the head gives them."""
        if are_those_of(BaseDecodeHead, self.decode_head, HEAD_STEPS):
            return self.decode_head.forward(self.extract_feat(windows))
        # Heads that predict in a way of their own give logits of the window's size.
        size = dict(img_shape=windows.shape[2:], pad_shape=windows.shape[2:])
        return self.encode_decode(windows, [{**meta, **size} for meta in metas])


def are_those_of(base: type, module: nn.Module, names: Sequence[str]) -> bool:
    """Whether no subclass and no object overrides some methods of a base class."""
    return all(
        getattr(getattr(module, name, None), '__func__', None) is getattr(base, name)
        for name in names
    )


def note_augmentation(parent: nn.Module, name: str, child: nn.Module) -> None:
    """Notes that a model for test-time augmentation takes a segmentor's logits."""
    if isinstance(child, TiledEncoderDecoder) and isinstance(parent, BaseTTAModel):
        child.is_augmented = True


# A module of torch does not know its parent, and torch has this hook only globally.
register_module_module_registration_hook(note_augmentation)


def as_batch(images: Sequence[Tensor]) -> Tensor:
    """Stacks images; does not copy a single image."""
    return images[0][None] if len(images) == 1 else torch.stack(list(images))
