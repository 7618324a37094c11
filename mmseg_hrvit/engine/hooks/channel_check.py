"""A hook that checks that backbone, heads and data set fit together."""

from collections.abc import Iterator, Sequence

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner
from torch import nn

from mmseg_hrvit.errors import InputError

from .strict_checkpoint import bare

HEADS = ('decode_head', 'auxiliary_head')


@HOOKS.register_module()
class ChannelCheckHook(Hook):
    """Stops a run whose heads fit neither the backbone nor the data set.

    The channels of mmseg's heads must be those of the backbone's outputs
    (``backbone.out_channels``), and their classes those of the data set. Networks
    that say neither are left alone, and so are heads behind a neck.
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

    def before_test(self, runner: Runner) -> None:
        """Checks the classes for a test.

        Args:
            runner (Runner): The runner of the test.

        Raises:
            InputError: If a head does not fit the data set.
        """
        check_classes(runner, runner.test_loop)


def named_heads(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yields mmseg's heads, and what a config calls them."""
    for name in HEADS:
        head = getattr(model, name, None)
        if isinstance(head, nn.ModuleList):
            yield from ((f'{name}[{i}]', part) for i, part in enumerate(head))
        elif head is not None:
            yield name, head


def check_channels(name: str, head: nn.Module, out_channels: Sequence[int]) -> None:
    """Refuses a head that does not fit the backbone.

    Args:
        name (str): The head's key in the config.
        head (nn.Module): One of mmseg's heads.
        out_channels (Sequence[int]): Channels of the backbone's outputs.

    Raises:
        InputError: If its ``in_index`` or ``in_channels`` do not fit.
    """
    is_single = isinstance(head.in_index, int)
    indices = [head.in_index] if is_single else list(head.in_index)
    if max(indices) >= len(out_channels):
        raise InputError(
            f'model.{name}.in_index={head.in_index}, but the backbone has '
            f'{len(out_channels)} outputs: take 0 to {len(out_channels) - 1}'
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
    metainfo = getattr(loop.dataloader.dataset, 'metainfo', {}) if loop else {}
    classes = metainfo.get('classes')
    for name, head in named_heads(bare(runner.model)):
        if classes is not None and head.num_classes != len(classes):
            raise InputError(
                f'model.{name}.num_classes={head.num_classes}, but the data set has '
                f'{len(classes)} classes ({", ".join(classes[:3])}, ...): set '
                'num_classes of every head, or metainfo of every data set, to yours'
            )
