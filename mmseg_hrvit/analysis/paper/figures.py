"""Figure 5: the paper's mIoU on ADE20K against what a network costs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from mmseg_hrvit.errors import InputError

from .markdown import gflops, millions
from .measured import Measured, Score
from .rows import Row

# A family's colour, marker and where its labels stand, in points from the marker.
STYLES = dict(
    hrvit=('#c0392b', 'o', (-10, 8)),
    cswin=('#2471a3', 's', (-10, 2)),
    mit=('#6b7a1f', '^', (12, -10)),
)
OPEN = dict(markerfacecolor='none', markersize=11, linestyle='none')
HALO = [withStroke(linewidth=3, foreground='white')]


def draw_costs(rows: Sequence[Row], measured: Measured, path: Path) -> None:
    """Draws mIoU against parameters and against GFLOPs, side by side.

    Args:
        rows (Sequence[Row]): Systems with one head.
        measured (Measured): Their costs, and the scores of your own runs.
        path (Path): Picture to write; its suffix sets the format.
    """
    costs = {row.config: measured.costs[row.config] for row in rows}
    params = {name: millions(part) for name, part in costs.items()}
    macs = {name: gflops(part) for name, part in costs.items()}
    figure = Figure(figsize=(10, 4.2), layout='constrained')
    left, right = figure.subplots(1, 2, sharey=True)
    draw_panel(left, rows, params, measured.miou)
    draw_panel(right, rows, macs, measured.miou)
    left.set(xlabel='parameters (M)', ylabel='ADE20K mIoU (%)')
    right.set(xlabel='GFLOPs at 512 x 512')
    save(figure, path)


def draw_latency(
    rows: Sequence[Row],
    seconds: Mapping[str, float],
    device: str,
    scores: Mapping[str, Score],
    path: Path,
) -> None:
    """Draws mIoU against measured latency.

    Args:
        rows (Sequence[Row]): Systems with one head.
        seconds (Mapping[str, float]): Config name -> seconds per image; rows without
            one are omitted.
        device (str): Where it was measured.
        scores (Mapping[str, Score]): Scores of your own runs.
        path (Path): Picture to write; its suffix sets the format.

    Raises:
        InputError: If no row has a latency.
    """
    rows = [row for row in rows if row.config in seconds]
    if not rows:
        raise InputError(
            "--latency has none of Figure 5's networks, such as hrvit_b1_ade20k"
        )
    figure = Figure(figsize=(5.5, 4.2), layout='constrained')
    axes = figure.subplots()
    milliseconds = {name: 1000 * value for name, value in seconds.items()}
    draw_panel(axes, rows, milliseconds, scores)
    axes.set(xlabel=f'latency of an image (ms), {device}', ylabel='ADE20K mIoU (%)')
    save(figure, path)


def draw_panel(
    axes: Axes,
    rows: Sequence[Row],
    costs: Mapping[str, float],
    scores: Mapping[str, Score],
) -> None:
    """Draws one curve per family: the paper's mIoU, and open markers for your own runs.

    Args:
        axes (Axes): Where to draw.
        rows (Sequence[Row]): The systems, each family from small to large.
        costs (Mapping[str, float]): Config name -> place on the x axis.
        scores (Mapping[str, Score]): Scores of your own runs.
    """
    for family, (colour, marker, offset) in STYLES.items():
        members = [row for row in rows if row.family == family]
        if not members:
            continue
        points = [(costs[row.config], float(row.miou)) for row in members]
        name = members[0].label.partition('-')[0]
        axes.plot(*zip(*points, strict=True), color=colour, marker=marker, label=name)
        for row, point in zip(members, points, strict=True):
            axes.annotate(
                row.label.partition('-')[2],
                point,
                xytext=offset,
                textcoords='offset points',
                ha='center',
                va='center',
                color=colour,
                path_effects=HALO,
            )
            if row.config in scores:
                x, y = point[0], scores[row.config].best
                axes.plot(x, y, color=colour, marker=marker, **OPEN)
    if any(row.config in scores for row in rows):
        axes.plot([], [], color='black', marker='o', label='trained here', **OPEN)
    axes.legend(loc='lower right', frameon=False)
    axes.margins(x=0.08, y=0.08)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.spines[['top', 'right']].set_visible(False)


def save(figure: Figure, path: Path) -> None:
    """Writes the picture and the folder that it goes to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
