"""A hook that checks that backbone, heads and data set fit together."""

from collections.abc import Sequence

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner
from torch import nn

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models.wrappers import bare, ignored_label, named_heads


@HOOKS.register_module()
class ChannelCheckHook(Hook):
    """Stops a run whose heads fit neither the backbone nor the data set.

    mmseg's heads must take the channels of the backbone's outputs
    (``backbone.out_channels``), and have the classes of the data set. A head with a
    single channel separates two classes, and the data set names both: with one name,
    mmseg would measure label 0, the background, under the name of the object.
    The hook does not check heads after a neck, or networks and heads that do not name
    their outputs or classes. It warns if the heads, the metrics and the padding do not
    ignore the same label.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Checks the channels.

        Args:
            runner (Runner): The runner of the run.

        Raises:
            InputError: If a head does not fit the backbone.
        """
        model = bare(runner.model)
        out_channels = getattr(getattr(model, 'backbone', None), 'out_channels', None)
        if isinstance(out_channels, list) and not getattr(model, 'with_neck', False):
            for name, head in named_heads(model):
                check_channels(name, head, out_channels)

    def before_train(self, runner: Runner) -> None:
        """Checks the classes for training and for the validation in between.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If a head does not fit the data set.
        """
        for loop in (runner.train_loop, runner.val_loop):
            check_classes(runner, loop)
        warn_of_ignored(runner, runner.val_loop)

    def before_test(self, runner: Runner) -> None:
        """Checks the classes for a test.

        Args:
            runner (Runner): The runner of the test.

        Raises:
            InputError: If a head does not fit the data set.
        """
        check_classes(runner, runner.test_loop)
        warn_of_ignored(runner, runner.test_loop)


def check_channels(name: str, head: nn.Module, out_channels: Sequence[int]) -> None:
    """Refuses a head that does not fit the backbone.

    Args:
        name (str): The head's key in the config.
        head (nn.Module): One of mmseg's heads.
        out_channels (Sequence[int]): Channels of the backbone's outputs.

    Raises:
        InputError: If its ``in_index`` or ``in_channels`` do not fit.
    """
    if not hasattr(head, 'in_index'):  # as Mask2Former's
        return
    is_single = isinstance(head.in_index, int)
    indices = [head.in_index] if is_single else list(head.in_index)
    if max(indices) >= len(out_channels):
        raise InputError(
            f'model.{name}.in_index={head.in_index}, but the backbone has '
            f'{len(out_channels)} outputs: choose 0 to {len(out_channels) - 1}'
        )
    expected = [out_channels[i] for i in indices]
    if is_single:
        expected = expected[0]
    elif head.input_transform == 'resize_concat':
        expected = sum(expected)
    found = head.in_channels
    if found != (expected if isinstance(expected, int) else type(found)(expected)):
        raise InputError(
            f'model.{name}.in_channels={found} does not fit the backbone, whose '
            f'outputs {head.in_index} have {expected} channels: set it to that'
        )


def check_classes(runner: Runner, loop: BaseLoop | None) -> None:
    """Refuses heads that do not fit the data set of a loop.

    Args:
        runner (Runner): The runner of the loop.
        loop (BaseLoop | None): The loop. None fits.

    Raises:
        InputError: If a head's ``num_classes`` is another number.
    """
    metainfo = getattr(loop.dataloader.dataset, 'metainfo', None) if loop else None
    classes = (metainfo or {}).get('classes')
    for name, head in named_heads(runner.model):
        num_classes = getattr(head, 'num_classes', None)
        if classes is None or num_classes is None:
            continue
        is_binary = getattr(head, 'out_channels', None) == 1
        if is_binary and len(classes) == 1:
            raise InputError(
                f'the data set names one class, {classes[0]}, but model.{name} '
                'separates two: name the background, too, metainfo=dict(classes='
                f"('background', '{classes[0]}'))"
            )
        if len(classes) != (2 if is_binary else num_classes):
            raise InputError(
                f'model.{name}.num_classes={num_classes}, but the data set has '
                f'{len(classes)} classes ({", ".join(classes[:3])}, ...): set '
                'num_classes of every head, or metainfo of every data set, to yours'
            )


def warn_of_ignored(runner: Runner, loop: BaseLoop | None) -> None:
    """Warns if metrics count the label that heads ignore, or padding has another one.

    Args:
        runner (Runner): The runner of the loop.
        loop (BaseLoop | None): The loop that evaluates.
    """
    heads = {ignored_label(head) for _, head in named_heads(runner.model)}
    if len(heads) != 1:
        return
    (label,) = heads
    evaluator = getattr(loop, 'evaluator', None)
    others = {
        f'{type(metric).__name__}.ignore_index': metric.ignore_index
        for metric in (evaluator.metrics if evaluator else [])
        if hasattr(metric, 'ignore_index')
    }
    preprocessor = getattr(bare(runner.model), 'data_preprocessor', None)
    if getattr(preprocessor, 'size', None) is not None:
        others['data_preprocessor.seg_pad_val'] = preprocessor.seg_pad_val
    for name, value in others.items():
        if value != label:
            runner.logger.warning(
                f'the heads ignore label {label}, but {name} is {value}: set it to '
                f'{label}, unless you want another value'
            )
