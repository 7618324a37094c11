"""Lists the shipped configs: data set, size and the paper's figure.

Other commands take these names as CONFIG. Parameters are in millions. GFLOPs are those
of one image, by the paper's convention. If they are missing, `hrvit flops CONFIG`
counts them.
"""

import csv
from argparse import ArgumentParser, Namespace
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

COLUMNS = ('name', 'dataset', 'params', 'gflops', 'paper')
HEADER = ('config', 'data set', 'M params', 'GFLOPs', 'paper')


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        'pattern',
        nargs='?',
        default='',
        help="a part of the name or data set, or a pattern such as '*b2*ade20k'",
    )


def run(args: Namespace) -> int:
    """Prints the rows; returns the exit status."""
    rows = [row for row in read_rows() if is_wanted(row, args.pattern)]
    if not rows:
        print(f'no config matches {args.pattern}: `hrvit configs` lists all of them')
        return 1
    table = [HEADER, *([row[column] for column in COLUMNS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        name, dataset, *figures = cells
        line = [name.ljust(widths[0]), dataset.ljust(widths[1])]
        line += [x.rjust(w) for x, w in zip(figures, widths[2:], strict=True)]
        print('  '.join(line).rstrip())
    return 0


def is_wanted(row: dict[str, str], pattern: str) -> bool:
    """Whether a row's name or data set matches the pattern."""
    texts = row['name'].lower(), row['dataset'].lower()
    pattern = pattern.lower()
    return any(pattern in text or fnmatch(text, pattern) for text in texts)


def read_rows() -> list[dict[str, str]]:
    """Lists the configs that exist, with what their index says about them.

    This does not import the package, because that takes seconds.
    """
    package = Path(find_spec('mmseg_hrvit').origin).parent
    installed = package / '.mim' / 'configs'
    folder = installed if installed.is_dir() else package.parent / 'configs'
    with (folder / 'index.csv').open(encoding='utf-8', newline='') as file:
        index = {row['name']: row for row in csv.DictReader(file)}
    files = sorted(folder.rglob('*.py'), key=lambda file: (file.parent, file.name))
    names = [file.relative_to(folder).with_suffix('') for file in files]
    shown = [name.as_posix() for name in names if '_base_' not in name.parts]
    unknown = dict.fromkeys(COLUMNS, '')
    return [index.get(name, unknown | dict(name=name)) for name in shown]
