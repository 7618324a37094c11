"""Imports run one way: a part of the package uses those before it alone."""

import ast
from pathlib import Path

import pytest

from paths import ROOT

PACKAGE = ROOT / 'mmseg_hrvit'
ORDER = (
    'errors', 'words', 'version', 'quiet', 'files', 'configs', 'dependencies', 'zoo',
    'datasets', 'checkpoints', 'models', 'export', 'rasters', 'engine', 'apis',
    'analysis', 'preparation', 'serving', 'cli',
)  # fmt: skip


def imported(path: Path) -> set[str]:
    """The parts of the package that a file imports."""
    below = path.relative_to(ROOT).parent.parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = below[: len(below) - node.level + 1] if node.level else ()
            module = '.'.join([*base, *filter(None, [node.module])])
            names |= {f'{module}.{alias.name}' for alias in node.names}
    split = [name.split('.') for name in names]
    return {parts[1] for parts in split if parts[0] == PACKAGE.name and parts[1:]}


def test_every_part_has_its_place():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix != '.typed'}
    parts = {part for part in parts if part[0] not in '_.'}
    assert parts == set(ORDER)


@pytest.mark.parametrize('part', ORDER)
def test_a_part_imports_those_before_it(part):
    single = PACKAGE / f'{part}.py'
    paths = [single] if single.is_file() else (PACKAGE / part).rglob('*.py')
    allowed = {*ORDER[: ORDER.index(part) + 1]}
    for path in paths:
        later = imported(path) & {*ORDER} - allowed
        assert not later, f'{path.relative_to(ROOT)} imports {sorted(later)}'
