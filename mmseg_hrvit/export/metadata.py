"""What a file says about itself, so that nobody needs its config."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmseg_hrvit.configs import innermost, type_name
from mmseg_hrvit.datasets.metainfo import build_lazily
from mmseg_hrvit.errors import InputError

KEY = 'mmseg_hrvit'
INPUT_NAME = 'image'  # of the input tensor in a file
PRECISIONS = ('fp32', 'fp16', 'int8')
# Steps of the test pipeline that leave images alone, or that ``Metadata`` says.
KNOWN_STEPS = (
    'CheckAnnotations',
    'LoadAnnotations',
    'LoadImageFromFile',
    'LoadImageFromNDArray',
    'LoadRaster',
    'PackSegInputs',
    'Resize',
)


@dataclass(frozen=True)
class Metadata:
    """How images become the graph's input, and its output labels.

    Args:
        classes (Sequence[str]): Names of the classes.
        palette (Sequence[Sequence[int]]): An RGB colour for each.
        mean (Sequence[float]): Of the normalisation, in the input's channel order.
        std (Sequence[float]): Of the normalisation.
        rgb (bool): The input has RGB channels; otherwise BGR.
        scale (Sequence[int], optional): (width, height) to which images are resized
            first, as in mmcv's ``Resize``; None: they keep their size.
        keep_ratio (bool): Whether that resize keeps the ratio of the sides.
        test_cfg (dict): mmseg's: the whole image, or sliding windows.
        align_corners (bool): How logits are resized to the image.
        threshold (float, optional): Threshold for the logit of a network with a single
            output channel.
        size (Sequence[int], optional): (height, width) of all inputs; None: any.
        normalized (bool): The input is normalised already; otherwise the graph
            normalises values from 0 to 255. Defaults to True.
        output (str): As in ``GraphOptions``. Defaults to 'logits'.
        precision (str): One of ``PRECISIONS``. Defaults to 'fp32'.
        bands (Sequence[int], optional): Numbers of the raster bands that are the input
            channels, as in ``LoadRaster``; None: the network is for RGB images.
            Defaults to None.
        fill (float): Value of pixels without data. Defaults to 0.
    """

    classes: Sequence[str]
    palette: Sequence[Sequence[int]]
    mean: Sequence[float]
    std: Sequence[float]
    rgb: bool
    scale: Sequence[int] | None
    keep_ratio: bool
    test_cfg: dict
    align_corners: bool
    threshold: float | None
    size: Sequence[int] | None = None
    normalized: bool = True
    output: str = 'logits'
    precision: str = 'fp32'
    bands: Sequence[int] | None = None
    fill: float = 0.0

    @property
    def output_name(self) -> str:
        """Name of the output tensor: 'labels' or 'logits'."""
        return 'labels' if self.output == 'labels' else 'logits'

    def to_json(self) -> str:
        """Returns the metadata as JSON text."""
        return json.dumps(asdict(self))

    def check(self) -> None:
        """Raises TypeError or ValueError if the values cannot be those of a network."""
        counts = len(self.classes), len(self.mean)
        if (len(self.palette), len(self.std)) != counts or 0 in counts:
            raise ValueError('classes and colours, or means and deviations, differ')
        if not all(isinstance(name, str) for name in self.classes):
            raise TypeError('a class has no name')
        if len({*self.classes}) < len(self.classes):
            raise ValueError('two classes have the same name')
        if {len(colour) for colour in self.palette} != {3}:
            raise ValueError('a colour has not three values')
        if not isinstance(self.test_cfg, dict):
            raise TypeError('test_cfg is no dict')
        for pair in (self.size, self.scale):
            if pair is not None and not (len(pair) == 2 and min(pair) > 0):
                raise ValueError('a size has not two values')

    @classmethod
    def from_json(cls, text: str | None, filename: str) -> 'Metadata':
        """Reads metadata from JSON text.

        Args:
            text (str, optional): The text from the file.
            filename (str): The file's name.

        Returns:
            Metadata: The metadata.

        Raises:
            InputError: If the file has no metadata, or metadata of another version.
        """
        try:
            metadata = cls(**json.loads(text))
            metadata.check()
            return metadata
        except (TypeError, ValueError) as error:
            raise InputError(
                f'{filename}: was not written by this version of `hrvit export`: '
                'export it again'
            ) from error


def read_metadata(cfg: Config) -> Metadata:
    """Collects from a config what a user of its network needs.

    Args:
        cfg (Config): Config of a segmentation model.

    Returns:
        Metadata: The metadata.

    Raises:
        InputError: If the config has no test data set or no normalisation.
    """
    dataset = cfg.get('test_dataloader', {}).get('dataset')
    if dataset is None:
        raise InputError(
            'the config has no test_dataloader.dataset, which names the classes'
        )
    preprocessor = cfg.model.get('data_preprocessor') or {}
    if preprocessor.get('mean') is None:
        raise InputError('the config has no mean and std in model.data_preprocessor')
    head = cfg.model.get('decode_head')
    if not isinstance(head, dict):
        raise InputError(
            'the config has no model.decode_head: give one of a segmentation network'
        )
    refuse_unknown_steps(dataset)
    resize = find_step(dataset, 'Resize')
    raster = find_step(dataset, 'LoadRaster')
    all_bands = [*range(1, len(preprocessor.mean) + 1)] if raster else None
    info = read_classes(dataset, cfg.get('default_scope', 'mmseg'))
    return Metadata(
        classes=list(info['classes']),
        palette=[list(colour) for colour in info['palette']],
        mean=list(preprocessor.mean),
        std=list(preprocessor.std),
        rgb=preprocessor.get('bgr_to_rgb', False),
        scale=list(resize['scale']) if resize else None,
        keep_ratio=resize.get('keep_ratio', False),
        test_cfg=dict(cfg.model.get('test_cfg') or dict(mode='whole')),
        align_corners=head.get('align_corners', False),
        threshold=(head.get('threshold') or 0.3) if is_single(head) else None,
        bands=raster.get('bands') or all_bands,
        fill=raster.get('fill', 0.0),
    )


def find_step(dataset: dict, name: str) -> dict:
    """Returns a step of the test pipeline; an empty dict if it has none."""
    return next((x for x in read_steps(dataset) if type_name(x) == name), {})


def read_steps(dataset: dict) -> list[dict]:
    """Returns the steps of the test pipeline; of the first one if there are several."""
    return first_part(dataset).get('pipeline', [])


def first_part(dataset: dict) -> dict:
    """Returns the config of the first data set inside wrappers like ConcatDataset."""
    return next(innermost(dataset, ''))[1]


def refuse_unknown_steps(dataset: dict) -> None:
    """Raises InputError for a step that changes images and cannot go into a file."""
    for step in read_steps(dataset):
        kind = type_name(step)
        if kind not in KNOWN_STEPS or (kind == 'Resize' and 'scale' not in step):
            told = 'Resize without scale' if kind == 'Resize' else kind
            raise InputError(
                f'test_dataloader.dataset.pipeline: {told} cannot be written into a '
                'file or done outside of mmseg: use Resize with scale=(width, height)'
            )


def read_classes(dataset: dict, scope: str) -> dict:
    """Returns a data set's metainfo, 'classes' and 'palette', without its files."""
    with DefaultScope.overwrite_default_scope(scope):
        return build_lazily(first_part(dataset), 'test_dataloader.dataset').metainfo


def is_single(head: dict) -> bool:
    """Whether a head gives one logit, which a threshold turns into a label."""
    return head.get('out_channels', head.get('num_classes')) == 1


def fix_size(metadata: Metadata, size: Sequence[int]) -> Metadata:
    """Makes all inputs of one size.

    Args:
        metadata (Metadata): The metadata.
        size (Sequence[int]): (height, width). Whole images are resized to it; sliding
            windows must have it.

    Returns:
        Metadata: A copy with the size in it.

    Raises:
        InputError: If sliding windows have another size.
    """
    height, width = size
    if min(size) < 1:
        raise InputError(f'size {height} x {width}: give a positive one')
    if metadata.test_cfg.get('mode') != 'slide':
        return replace(metadata, size=[*size], scale=[width, height], keep_ratio=False)
    window = list(metadata.test_cfg['crop_size'])
    if list(size) != window:
        raise InputError(
            f'size {height} x {width}: the config slides windows of {window[0]} x '
            f'{window[1]}; give their size'
        )
    return replace(metadata, size=[*size])
