"""The report as a page of Markdown, and as a picture."""

from collections.abc import Callable
from pathlib import Path

from .rows import Measured, Report, Work

MEBIBYTE = 2**20
HEADERS = (
    'network', 'form', 'ms', 'images/s', 'the oracle takes', 'of roof', 'kernels',
    'idle', 'MiB', 'saved MiB', 'first run (s)',
)  # fmt: skip


def to_markdown(report: Report) -> str:
    """Makes the page: the machine, the goals, a table for each setting."""
    height, width = report.scale.shape
    rates = ', '.join(f'{k} {v / 1e12:.3g}' for k, v in report.rates.items())
    lines = [
        f'# {report.device}',
        '',
        f'torch {report.torch}; images of {height} x {width}; random weights; medians; '
        f'compiled by {report.scale.backend or "inductor"}. '
        f'Products of matrices, in TMAC/s: {rates}. Copies: '
        f'{report.bandwidth / 1e9:.0f} GB/s. `idle` is the share of a run in which no '
        'kernel runs; `MiB` is what it takes beyond what was held before.',
        '',
        *goals(report),
    ]
    for setting in dict.fromkeys(row.work.setting for row in report.rows):
        rows = [row for row in report.rows if row.work.setting == setting]
        cells = [to_cells(report, row) for row in rows]
        lines += ['', f'## {setting.capitalize()}', '', *table(HEADERS, cells)]
    return '\n'.join(lines) + '\n'


def table(headers: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    """Makes the lines of a table."""
    lines = [headers, ['---'] * len(headers), *rows]
    return [f'| {" | ".join(cells)} |' for cells in lines]


def to_cells(report: Report, row: Measured) -> list[str]:
    """The cells of a row; for a row that was not measured, the reason."""
    work = row.work
    names = [work.config, work.form]
    if row.seconds is None:
        error = (row.error or '').replace('|', '/')
        return [*names, error] + [''] * (len(HEADERS) - 3)
    oracle = report.speed(row, report.find(work, form='oracle'))
    return [
        *names,
        f'{1000 * row.median:.2f}',
        f'{work.batch_size / row.median:.1f}',
        written(oracle, '{:.2f} x'),
        written(row.share, '{:.1%}'),
        written(row.kernels, '{:.0f}'),
        written(row.idle, '{:.0%}'),
        f'{row.peak_bytes / MEBIBYTE:.0f}',
        written(row.saved_bytes, '{:.0f}', 1 / MEBIBYTE),
        f'{row.first_seconds:.1f}',
    ]


def written(value: float | None, form: str, factor: float = 1) -> str:
    """A number as text, or '' if there is none."""
    return '' if value is None else form.format(factor * value)


def goals(report: Report) -> list[str]:
    """The table of goals: the first network beside the oracle, in bfloat16."""
    small, large = report.scale.batches
    dtype, _ = report.scale.dtypes
    name = next(iter(report.scale.pairs))

    def best(train: bool, batch: int, forms: tuple[str, ...], value: Callable) -> str:
        works = (Work(name, form, train, batch, dtype) for form in forms)
        rows = [row for row in map(report.find, works) if row]
        oracle = report.find(Work(name, 'oracle', train, batch, dtype))
        if not rows or not oracle:
            return 'not measured'
        row, ratio = max(((r, value(r, oracle)) for r in rows), key=lambda x: x[1])
        return f'{ratio:.2f} x ({row.work.form})'

    def memory(row: Measured, oracle: Measured) -> float:
        return oracle.peak_bytes / max(row.peak_bytes, 1)

    fast = ('runtime', 'compile', 'cudagraph')
    rows = [
        ['latency', '4 x', best(False, small, fast, report.speed)],
        ['throughput', '2.5 x', best(False, large, fast, report.speed)],
        ['training step', '2 x', best(True, large, ('compile',), report.speed)],
        ['memory of a training step', '2 x', best(True, large, fast, memory)],
    ]
    title = f'{name} against the oracle in eager {dtype}'
    return table((title, 'goal', 'measured'), rows)


def draw(report: Report, path: Path) -> None:
    """Draws images a second of all rows that were measured, as bars."""
    from matplotlib.figure import Figure

    rows = [row for row in report.rows if row.seconds]
    figure = Figure(figsize=(9, 1 + 0.25 * len(rows)), layout='constrained')
    axes = figure.subplots()
    axes.barh(
        [str(row.work) for row in rows],
        [row.work.batch_size / row.median for row in rows],
        color=['C1' if row.work.train else 'C0' for row in rows],
    )
    axes.invert_yaxis()
    axes.set_xlabel(f'images a second, {report.device}')
    figure.savefig(path, dpi=150, format='png')
