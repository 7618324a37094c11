"""Curves of several training runs, from the logs that mmengine writes."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from mmseg_hrvit.errors import InputError

from .curves import read_history

COLUMNS = 2  # of panels
NOT_DRAWN = ('step', 'iter', 'epoch')


def plot_logs(runs: Sequence[Path], keys: Sequence[str], out: str | Path) -> None:
    """Draws a panel for each key with a line for each run.

    Args:
        runs (Sequence[Path]): Work directories. Parts of a run that was resumed are
            joined.
        keys (Sequence[str]): Keys of the log, such as 'loss', 'lr' or 'mIoU'.
        out (str or Path): Picture to write; its suffix sets the format.

    Raises:
        InputError: Nothing was logged in a directory, or no run has a key.
    """
    histories = [read_history(run) for run in runs]
    curves = {key: [read_curve(history, key) for history in histories] for key in keys}
    for key, lines in curves.items():
        if not any(steps for steps, _ in lines):
            raise InputError(
                f'--keys {key}: is in none of the logs; there is '
                f'{", ".join(find_keys(histories))}'
            )
    draw_curves(curves, name_runs(runs), out)


def read_curve(history: Sequence[dict], key: str) -> tuple[list, list]:
    """Returns the steps at which a history has a key, and its values there."""
    records = [record for record in history if key in record]
    return [r['step'] for r in records], [r[key] for r in records]


def find_keys(histories: Sequence[Sequence[dict]]) -> list[str]:
    """Lists the keys of some histories that can be drawn: those with numbers."""
    return sorted(
        {
            key
            for history in histories
            for record in history
            for key, value in record.items()
            if key not in NOT_DRAWN and isinstance(value, int | float)
        }
    )


def name_runs(runs: Sequence[Path]) -> list[str]:
    """Names each run by its folder, or by its path where folders share a name."""
    names = [Path(run).resolve().name for run in runs]
    return [
        name if names.count(name) == 1 else str(run)
        for name, run in zip(names, runs, strict=True)
    ]


def draw_curves(
    curves: dict[str, list[tuple[list, list]]], names: Sequence[str], out: str | Path
) -> None:
    """Draws a panel for each key, its lines in the order of ``names``."""
    columns = min(COLUMNS, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure((5.5 * columns, 3.4 * rows + 0.4), layout='constrained')
    panels = figure.subplots(rows, columns, squeeze=False).flat
    # The curves first: zip would take a panel too many, and lose it.
    for (key, lines), axes in zip(curves.items(), panels, strict=False):
        for i, (steps, values) in enumerate(lines):
            mark = 'o' if len(steps) < 25 else None  # evaluations are few
            axes.plot(steps, values, color=f'C{i}', marker=mark, markersize=3)
        axes.set(title=key, xlabel='step')
        axes.grid(alpha=0.3)
        axes.spines[['top', 'right']].set_visible(False)
    for axes in panels:
        axes.set_visible(False)
    handles = [figure.axes[0].lines[i] for i in range(len(names))]
    figure.legend(
        handles, names, loc='outside lower center', ncols=len(names), frameon=False
    )
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=150)
