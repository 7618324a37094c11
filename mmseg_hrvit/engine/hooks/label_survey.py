"""A hook that checks the label maps before a run."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner
from mmseg.datasets import BaseSegDataset
from prettytable import PrettyTable
from torch import nn

from mmseg_hrvit.datasets.checked_pipeline import innermost
from mmseg_hrvit.datasets.label_survey import Survey, survey_parts
from mmseg_hrvit.datasets.label_warnings import find_warnings
from mmseg_hrvit.datasets.shared_images import warn_of_shared
from mmseg_hrvit.errors import DataError, InputError
from mmseg_hrvit.models.wrappers import bare, named_heads
from mmseg_hrvit.rasters.raster_reader import find_value_warnings, make_reader

CHANGES = ('Resize', 'Crop', 'Pad', 'Mosaic')  # in the names of transforms
ROWS = 20  # classes in the table
LABELS_ONLY = partial(make_reader, with_images=False)


@HOOKS.register_module()
class LabelSurveyHook(Hook):
    """Counts the classes in label maps before a run, and warns of what looks wrong.

    The first process reads label maps in random order for a few seconds. Before a
    training, it also looks for training images in the validation set. docs/own_data.md
    lists the warnings. An unusable file ends the run, unless the run may skip samples.

    Args:
        seconds (float): Time for each data set; 0 reads nothing. Defaults to 5.0.
        strict (bool): Whether a warning ends the run. Defaults to False.
    """

    priority = 'VERY_HIGH'

    def __init__(self, seconds: float = 5.0, strict: bool = False) -> None:
        self.seconds = seconds
        self.strict = strict

    def before_train(self, runner: Runner) -> None:
        """Surveys the data sets for training and for the validation in between.

        Args:
            runner (Runner): The runner of the training.

        Raises:
            InputError: If a head can learn nothing, a file is unusable, or there is a
                warning and ``strict`` is set.
        """
        for name, head in named_heads(runner.model):
            check_loss(name, head)
        self.look(runner, dict(train=runner.train_loop, val=runner.val_loop))

    def before_test(self, runner: Runner) -> None:
        """Surveys the data set for a test.

        Args:
            runner (Runner): The runner of the test.

        Raises:
            InputError: If a file is unusable, or there is a warning and ``strict`` is
                set.
        """
        self.look(runner, dict(test=runner.test_loop))

    def look(self, runner: Runner, loops: dict[str, BaseLoop | None]) -> None:
        """Surveys the data sets of some loops, and logs what is in them."""
        if not is_main_process() or self.seconds <= 0:
            return
        found = {
            split: survey
            for split, loop in loops.items()
            if loop and (survey := self.survey(loop))
        }
        if not found:
            return
        runner.logger.info('label maps:\n' + '\n'.join(describe(found)))
        if 'train' in found:
            check_sizes(runner, found['train'])
        self.tell(runner, found)

    def survey(self, loop: BaseLoop) -> Survey | None:
        """Surveys the data set of a loop, if it is one of mmseg with label maps."""
        parts = list(innermost(loop.dataloader.dataset))
        if not all(isinstance(part, BaseSegDataset) for part in parts):
            return None
        state = np.random.get_state()  # which random crops draw from
        try:
            return survey_parts(parts, self.seconds, LABELS_ONLY)
        finally:
            np.random.set_state(state)

    def tell(self, runner: Runner, found: dict[str, Survey]) -> None:
        """Warns of what looks wrong, or ends the run."""
        max_share = runner.cfg.get('max_unusable_share', 0.0)
        for split, survey in found.items():
            if survey.faults and (split != 'train' or max_share == 0):
                raise DataError(survey.faults[0])
        lines = [line for k, v in found.items() for line in find_warnings(v, k)]
        if 'train' in found and 'val' in found:
            train, val = found['train'].paths, found['val'].paths
            lines += warn_of_shared(train, val, 'val', self.seconds)
        values = find_value_warnings(found, runner.cfg)
        lines += [line for split in values.values() for line in split]
        for line in lines:
            runner.logger.warning(line)
        if lines and self.strict:
            raise InputError(
                f'{lines[0]} (the first of {len(lines)} warnings, which '
                'LabelSurveyHook.strict makes errors)'
            )


def describe(found: dict[str, Survey]) -> Iterator[str]:
    """Yields the lines of a table of the classes, and how much was read.

    Args:
        found (dict[str, Survey]): What is in the data sets, by their splits.
    """
    table = PrettyTable(align='r')
    classes = next(iter(found.values())).classes
    table.add_column('class', classes[:ROWS], align='l')
    for split, survey in found.items():
        total = max(survey.pixels.sum(), 1)
        shares = [f'{100 * n / total:.2f}' for n in survey.pixels[:ROWS]]
        table.add_column(f'{split} (%)', shares)
        table.add_column('images', [*survey.images[:ROWS]])
    yield str(table)
    if len(classes) > ROWS:
        yield f'and {len(classes) - ROWS} more classes'
    for split, survey in found.items():
        every = max(survey.pixels.sum() + survey.ignored, 1)
        yield (
            f'{split}: {survey.samples} of {survey.total} label maps, '
            f'{100 * survey.ignored / every:.2f} % of their pixels ignored'
        )


def check_sizes(runner: Runner, survey: Survey) -> None:
    """Refuses images of several sizes if no transform gives them one size.

    Args:
        runner (Runner): The runner of a training.
        survey (Survey): What is in its data set.

    Raises:
        InputError: If the images have several sizes.
    """
    loader = runner.train_loop.dataloader
    padded = getattr(bare(runner.model), 'data_preprocessor', None)
    size = getattr(padded, 'size', None)
    names = [
        type(transform).__name__
        for part in innermost(loader.dataset)
        for transform in part.pipeline.transforms
    ]
    is_resized = any(change in name for name in names for change in CHANGES)
    if size is None or is_resized or loader.batch_size == 1:
        return
    sizes = {tuple(map(max, shape, size)) for shape in survey.sizes}
    if len(sizes) > 1:
        shown = ', '.join(f'{h} x {w}' for h, w in sorted(sizes)[:3])
        raise InputError(
            f'images of several sizes ({shown}) cannot be one batch: add Resize or '
            'RandomCrop to the pipeline, or inherit another base, such as '
            'hrvit_b1_camvid'
        )


def check_loss(name: str, head: nn.Module) -> None:
    """Refuses a softmax over one class, whose loss is 0 for any image.

    Args:
        name (str): Key of the head in the model's config.
        head (nn.Module): The head.

    Raises:
        InputError: If it has such a loss.
    """
    if getattr(head, 'out_channels', None) != 1:
        return
    losses = getattr(head, 'loss_decode', None)
    losses = losses if isinstance(losses, nn.ModuleList) else [losses]
    for loss in losses:
        is_softmax = not getattr(loss, 'use_sigmoid', True)
        if type(loss).__name__ == 'CrossEntropyLoss' and is_softmax:
            raise InputError(
                f'model.{name} has one class under softmax, so its loss is always 0: '
                "name the other class, such as 'background', too, or set "
                'loss_decode.use_sigmoid=True'
            )
