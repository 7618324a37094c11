"""The paper's tables as Markdown: its figures, those measured here, differences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mmseg_hrvit.analysis.flops import Part
from mmseg_hrvit.models.backbones.arch import ARCHS

from .measured import Measured, Score
from .rows import TOLERANCES, Row, Table

NOTHING = '–'
INTRODUCTION = """\
# The paper's tables

`python tools/analysis/paper_tables.py` writes this page ([how](paper.md#rebuilding)).
"paper" is the figure that the paper prints, "here" is the one measured for the config
in the same row:

- **params** are all parameters of the network, auxiliary heads included.
- **GFLOPs** are billions of multiply-accumulates for one image of 512 x 512 (Table 3:
  224 x 224), [by the paper's convention](flops.md) with one of the two matrix products
  of attention. "full" counts both.
- **Accuracy and mIoU**: "paper" is what the paper reports. "here" is the best
  evaluation of your own training run, with the last one in brackets; {runs}.
- **diff** is the difference of "here" from "paper", in percent of the paper's figure.

Below each table is a list of the rows that miss, with the reason if it is known. A row
misses unless its figures agree with those of the paper to the printed digit, or within
these tolerances:

| | params | GFLOPs |
| --- | --- | --- |
| HRViT | 1 % | 1 % |
| CSWin | 1 % | 3 % |
| MiT, Swin, Twins: mmseg's own backbones | 2 % | 10 % |
| HRNet-MiT, HRNet-CSWin | 10 % | 10 % |

Table 1 is a qualitative comparison of the branches, so it has nothing to measure."""


def millions(part: Part) -> float:
    """Parameters in millions."""
    return part.params / 1e6


def gflops(part: Part) -> float:
    """GFLOPs by the paper's convention."""
    return part.macs.paper / 1e9


@dataclass(frozen=True)
class Cost:
    """A cost that the paper prints.

    Args:
        name (str): The attribute of a ``Row`` with the paper's figure.
        header (str): Header of its columns.
        digits (int): Digits of the measured figure.
        measure (Callable[[Part], float]): Reads it from a measured system.
    """

    name: str
    header: str
    digits: int
    measure: Callable[[Part], float]


COSTS = (Cost('params', 'params (M)', 3, millions), Cost('gflops', 'GFLOPs', 2, gflops))
Column = tuple[str, Callable[[Row], str]]  # its header, and the cell of a row


def render_page(
    tables: Sequence[Table], measured: Measured, figures: Mapping[str, str]
) -> str:
    """Writes the page of all tables and figures.

    Args:
        tables (Sequence[Table]): Tables of systems.
        measured (Measured): What is known of the systems.
        figures (Mapping[str, str]): Path of a picture, from the page -> its caption.

    Returns:
        str: Markdown.
    """
    runs = len(measured.top1) + len(measured.miou)
    told = f'the logs of {runs} were given' if runs else 'no log was given'
    parts = [INTRODUCTION.format(runs=told), render_variants()]
    parts += [render_table(table, measured) for table in tables]
    parts += ['## Figure 5']
    parts += [f'![Figure 5]({path})\n\n{caption}' for path, caption in figures.items()]
    return '\n\n'.join(parts) + '\n'


def render_variants() -> str:
    """Writes Table 2 from ``ARCHS``.

    Returns:
        str: Markdown, from the heading on.
    """
    header = (
        'variant', 'branch', 'resolution', 'blocks of its modules', 'window s',
        'MixCFN ratio r', 'channels C', 'head dim d_k',
    )  # fmt: skip
    sizes = ('window_sizes', 'mlp_ratios', 'channels', 'head_dims')
    lines = []
    for name, arch in ARCHS.items():
        for i in range(len(arch['channels'])):
            blocks = '-'.join(str(row[i]) for row in arch['depths'] if i < len(row))
            lines.append(
                [
                    f'HRViT-{name}', str(i + 1), f'1/{2 ** (i + 2)}', blocks,
                    *(str(arch[size][i]) for size in sizes),
                ]
            )  # fmt: skip
    return '\n\n'.join(
        [
            '## Table 2: architecture variants',
            'The design values are those of `ARCHS`, from which the code builds the '
            'networks.',
            draw_grid(header, lines),
        ]
    )


def render_table(table: Table, measured: Measured) -> str:
    """Writes a table and, below it, the rows that miss and the notes.

    Args:
        table (Table): The table.
        measured (Measured): What is known of its systems.

    Returns:
        str: Markdown, from the heading on.
    """
    headers, cells = zip(*build_columns(table, measured), strict=True)
    lines = [[cell(row) for cell in cells] for row in table.rows]
    parts = [f'## Table {table.number}: {table.title}', draw_grid(headers, lines)]
    remarks = [describe(row, measured) for row in table.rows]
    parts.append('\n'.join(f'- {remark}' for remark in remarks if remark))
    parts.append(table.note)
    return '\n\n'.join(filter(None, parts))


def build_columns(table: Table, measured: Measured) -> Iterator[Column]:
    """Chooses a table's columns: what the paper has, and all costs."""

    def full(row: Row) -> str:
        return f'{measured.costs[row.config].macs.full / 1e9:.2f}'

    yield table.first_column, lambda row: row.label
    for cost in COSTS:
        yield from build_cost_columns(cost, table, measured)
    yield 'full', full
    if prints(table, 'top1'):
        yield 'ImageNet-1K top-1: paper', lambda row: row.top1 or NOTHING
        yield 'here', lambda row: show_score(measured.top1.get(row.pretraining))
    if prints(table, 'miou'):
        yield f'{table.dataset} mIoU: paper', lambda row: row.miou or NOTHING
        yield 'here', lambda row: show_score(measured.miou.get(row.config))
    yield 'config', lambda row: f'`{row.config}`'


def build_cost_columns(
    cost: Cost, table: Table, measured: Measured
) -> Iterator[Column]:
    """Makes the columns of a cost: the paper's figure, the measured one, difference.

    Args:
        cost (Cost): The cost.
        table (Table): The table.
        measured (Measured): What is known of its systems.

    Yields:
        Column: Three columns, or only the measured one if the paper has no figure.
    """

    def printed(row: Row) -> str:
        return getattr(row, cost.name)

    def here(row: Row) -> str:
        return f'{cost.measure(measured.costs[row.config]):.{cost.digits}f}'

    def difference(row: Row) -> str:
        figure = cost.measure(measured.costs[row.config])
        return f'{percent(printed(row), figure):+.1f}'

    if prints(table, cost.name):
        yield f'{cost.header}: paper', printed
        yield 'here', here
        yield 'diff (%)', difference
    else:
        yield f'{cost.header}: here', here


def prints(table: Table, name: str) -> bool:
    """Whether the paper's table has a column."""
    return any(getattr(row, name) is not None for row in table.rows)


def percent(printed: str, here: float) -> float:
    """Difference of a measured figure from a printed one, in percent of that."""
    return 100 * (here / float(printed) - 1)


def agrees(printed: str, here: float, tolerance: float) -> bool:
    """Whether a figure is the printed one to its last digit, or within a tolerance."""
    digits = len(printed.partition('.')[2])
    same = f'{here:.{digits}f}' == printed
    return same or abs(percent(printed, here)) <= 100 * tolerance


def find_misses(row: Row, part: Part) -> list[str]:
    """Names the figures of a row that do not agree with the paper's.

    Args:
        row (Row): The row.
        part (Part): Its system, measured.

    Returns:
        list[str]: Such as 'params (M) +3.12 %'.
    """
    misses = []
    for cost, tolerance in zip(COSTS, TOLERANCES[row.family], strict=True):
        printed, here = getattr(row, cost.name), cost.measure(part)
        if printed is not None and not agrees(printed, here, tolerance):
            misses.append(f'{cost.header} {percent(printed, here):+.2f} %')
    return misses


def describe(row: Row, measured: Measured) -> str:
    """Says how a row misses, and its note; nothing for a row that has neither."""
    misses = ', '.join(find_misses(row, measured.costs[row.config]))
    if not misses:
        return f'**{row.label}**: {row.note}.' if row.note else ''
    reason = row.note or 'no reason was found'
    return f'**{row.label}** misses ({misses}): {reason}.'


def show_score(score: Score | None) -> str:
    """Shows the best of a run's evaluations, and the last in brackets."""
    return NOTHING if score is None else f'{score.best:.2f} ({score.last:.2f})'


def draw_grid(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Draws a Markdown table."""
    rule = ['---'] * len(header)
    return '\n'.join(f'| {" | ".join(line)} |' for line in (header, rule, *lines))
