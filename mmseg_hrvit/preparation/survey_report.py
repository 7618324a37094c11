"""The results of a survey of a data set, as text, as JSON and as a picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from prettytable import PrettyTable

from mmseg_hrvit.datasets.label_survey import Survey
from mmseg_hrvit.words import number_of, one_line

SIZES_SHOWN = 5


def shares(survey: Survey) -> np.ndarray:
    """Returns the share of every class in the pixels that have a class."""
    return survey.pixels / max(survey.pixels.sum(), 1)


def to_dict(survey: Survey, warnings: Sequence[str]) -> dict:
    """Converts a survey to values that JSON can hold.

    Args:
        survey (Survey): The survey.
        warnings (Sequence[str]): What looks wrong in it, from ``find_warnings``.

    Returns:
        dict: The values by name.
    """
    values = zip(
        survey.classes, shares(survey), survey.pixels, survey.images, strict=True
    )
    return dict(
        samples=survey.samples,
        classes={
            name: dict(share=float(share), pixels=int(pixels), images=int(images))
            for name, share, pixels, images in values
        },
        ignored_pixels=survey.ignored,
        sizes=[
            dict(height=height, width=width, images=count)
            for (height, width), count in survey.sizes.most_common()
        ],
        faults=survey.faults,
        warnings=list(warnings),
    )


def to_text(survey: Survey, warnings: Sequence[str]) -> str:
    """Writes a survey as a table, the sizes, the faults and the warnings.

    Args:
        survey (Survey): The survey.
        warnings (Sequence[str]): What looks wrong in it, from ``find_warnings``.

    Returns:
        str: Several lines.
    """
    table = PrettyTable(['class', 'pixels (%)', 'images'], align='r')
    table.align['class'] = 'l'
    for name, share, images in zip(
        survey.classes, shares(survey), survey.images, strict=True
    ):
        table.add_row([name, f'{100 * share:.3f}', images])
    told = [f'warning: {line}' for line in warnings]
    found = map(one_line, [*survey.faults, *told])
    return '\n'.join([str(table), *describe(survey, len(warnings)), *found])


def describe(survey: Survey, warnings: int) -> Iterator[str]:
    """Yields the lines below the table."""
    total = max(survey.pixels.sum() + survey.ignored, 1)
    yield f'ignored: {100 * survey.ignored / total:.3f} % of all pixels'
    sizes = [f'{h} x {w} ({n})' for (h, w), n in survey.sizes.most_common(SIZES_SHOWN)]
    more = f' and {rest} more' if (rest := len(survey.sizes) - SIZES_SHOWN) > 0 else ''
    yield f'height x width (images): {", ".join(sizes) or "none read"}{more}'
    found = number_of(len(survey.faults), 'error'), number_of(warnings, 'warning')
    yield ', '.join([number_of(survey.samples, 'image'), *found])


def draw_survey(survey: Survey, title: str, out: str | Path) -> None:
    """Draws bars of the classes' shares, in their colours, and the images' sizes.

    Args:
        survey (Survey): The survey.
        title (str): The title of the picture.
        out (str or Path): Picture to write; its suffix sets the format.
    """
    height = max(4.0, 0.28 * len(survey.classes) + 1.2)
    figure = Figure((11, height), layout='constrained')
    bars, sizes = figure.subplots(1, 2, width_ratios=(3, 2))
    figure.suptitle(title)
    draw_shares(bars, survey)
    draw_sizes(sizes, survey)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)


def draw_shares(axes: Axes, survey: Survey) -> None:
    """Draws a bar for each class, with its share and the number of its images."""
    percent = 100 * shares(survey)
    bars = axes.barh(
        survey.classes,
        percent,
        color=np.array(survey.palette) / 255,
        edgecolor='grey',
        linewidth=0.5,
    )
    texts = [
        f'{share:.2f} % in {images} images'
        for share, images in zip(percent, survey.images, strict=True)
    ]
    axes.bar_label(bars, texts, padding=4, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.35, y=0.01)
    axes.set(xlabel='share of the labelled pixels (%)')
    axes.spines[['top', 'right']].set_visible(False)


def draw_sizes(axes: Axes, survey: Survey) -> None:
    """Draws a dot for each size; the more images have it, the larger."""
    heights, widths = np.array([*survey.sizes]).reshape(-1, 2).T
    images = np.array([*survey.sizes.values()])
    dots = 30 + 400 * images / max(survey.samples, 1)
    axes.scatter(widths, heights, dots, alpha=0.5, edgecolor='black', linewidth=0.5)
    axes.set(xlabel='width (pixels)', ylabel='height (pixels)')
    ends = 0, 1.15 * max([*heights, *widths], default=1)
    axes.set(xlim=ends, ylim=ends, aspect='equal', anchor='N')
    axes.set_title(f'images: {survey.samples}, sizes: {len(survey.sizes)}', fontsize=10)
