"""The curve of a training run, from the JSON log that mmengine writes."""

import json
from pathlib import Path

from matplotlib.figure import Figure

from mmseg_hrvit.errors import DataError, InputError


def read_history(work_dir: str | Path) -> list[dict]:
    """Reads what a run logged, from all its starts.

    Each start writes its own ``TIME/vis_data/scalars.json``. A resumed run continues
    the log from where it resumed; a run from scratch replaces all before it.

    Args:
        work_dir (str or Path): Work directory of the run.

    Returns:
        list[dict]: The log's records in order of their 'step'. Training records
        have a 'loss', those of an evaluation its metrics.

    Raises:
        InputError: If the directory has no log, or no loss in it.
        DataError: If a log is damaged.
    """
    history = []
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
        records = read_records(path)
        history = keep_before(history, records) + records
    if not history:
        raise InputError(
            f'{work_dir} holds no log of a training run '
            '(TIME/vis_data/scalars.json): give the --work-dir of the training'
        )
    if not any('loss' in record for record in history):
        raise InputError(
            f'{work_dir} has logged no loss yet: a run logs one every '
            'default_hooks.logger.interval iterations'
        )
    return history


def read_records(path: Path) -> list[dict]:
    """Reads a log, a record in each line, without a last line that a kill has cut off.

    Args:
        path (Path): The file.

    Returns:
        list[dict]: The records.

    Raises:
        DataError: If another line is no record.
    """
    lines = path.read_text(encoding='utf-8', errors='replace').split('\n')
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records += [dict(json.loads(line))] if line.strip() else []
        except (TypeError, ValueError) as error:
            if number < len(lines):
                raise DataError(
                    f'{path}: line {number} is damaged: delete it to draw the rest'
                ) from error
    return records


def keep_before(history: list[dict], later: list[dict]) -> list[dict]:
    """Keeps the part of a history that a later start did not repeat.

    If a training counts epochs, the step of an evaluation is its epoch, but the step of
    a training record is its iteration. So the two are compared separately.

    Args:
        history (list[dict]): The records so far.
        later (list[dict]): Those of the later start.

    Returns:
        list[dict]: The records of ``history`` before it.
    """
    first = dict(step=float('inf'), epoch=float('inf'))
    for record in later:
        if 'loss' in record:
            first['step'] = min(first['step'], record['step'])
        epoch = record.get('epoch', record['step'])
        first['epoch'] = min(first['epoch'], epoch)
    return [
        record
        for record in history
        if record['step'] < first['step' if 'loss' in record else 'epoch']
    ]


def plot_run(work_dir: str | Path, out: str | Path) -> None:
    """Draws the loss and the mIoU of a run over its iterations.

    Args:
        work_dir (str or Path): Work directory of the run.
        out (str or Path): Picture to write; its suffix sets the format.

    Raises:
        InputError: Nothing was logged in the directory.
    """
    history = read_history(work_dir)
    losses = [
        (record['step'], record['loss']) for record in history if 'loss' in record
    ]
    scores = [
        (record['step'], record['mIoU']) for record in history if 'mIoU' in record
    ]
    figure = Figure(figsize=(7, 5.5), layout='constrained')
    above, below = figure.subplots(2, sharex=True)
    above.plot(*zip(*losses, strict=True), color='tab:blue')
    above.set(ylabel='training loss', title=Path(work_dir).resolve().name)
    above.set_ylim(bottom=0)
    if scores:
        below.plot(*zip(*scores, strict=True), color='tab:green', marker='o')
        step, score = scores[-1]
        below.annotate(
            f'{score:.1f}',
            (step, score),
            xytext=(0, 8),
            textcoords='offset points',
            horizontalalignment='center',
        )
    below.set(xlabel='iteration', ylabel='mIoU in %', ylim=(0, 100))
    for axes in (above, below):
        axes.grid(alpha=0.3)
        axes.spines[['top', 'right']].set_visible(False)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=150)
