"""docs/paper.md: every file, class and config that it names is there."""

import re
from importlib import import_module

import pytest

from data import load_tool
from docs.paper_links import CODE, PAGE, with_lines
from mmseg_hrvit.analysis.paper.rows import TABLES
from paths import ROOT

LINES = PAGE.read_text(encoding='utf-8').splitlines()
LINK = re.compile(r'\[[^]]*\]\(([^)#]*)(?:#[^)]*)?\)')


def linked_code():
    """Each line's module and the names behind it in the package."""
    for line in LINES:
        for path in LINK.findall(line):
            if path.startswith('../mmseg_hrvit/'):
                yield path, CODE.findall(line.rpartition(path)[2])


def test_every_link_leads_somewhere():
    links = [path for line in LINES for path in LINK.findall(line)]
    assert len(links) > 30
    for path in links:
        assert (PAGE.parent / path).exists(), path


@pytest.mark.parametrize(('path', 'names'), [*linked_code()])
def test_every_class_is_in_its_file(path, names):
    if 'heads/dropout' in path:
        pytest.importorskip('mmpretrain')
    assert names
    module = path.removeprefix('../').removesuffix('.py').replace('/', '.')
    for name in names:
        value = import_module(module)
        for part in name.split('.'):
            value = getattr(value, part)


def test_every_link_leads_to_the_line():
    assert sum('#L' in line for line in LINES) > 20
    for line in LINES:
        assert line == with_lines(line), 'run python tests/docs/paper_links.py'


def test_every_part_of_the_network_is_named():
    named = {name.partition('.')[0] for _, names in linked_code() for name in names}
    assert {
        'HRViT', 'HRViTModule', 'Branch', 'Block', 'CrossShapedAttention', 'MixCFN',
        'DiversityEnhancedShortcut', 'Stem', 'EfficientPatchEmbed', 'UpPath',
        'CrossResolutionFusion', 'DownPath', 'ARCHS', 'LinearSegformerHead',
    } <= named  # fmt: skip


def test_every_option_of_the_tool_is_told():
    text = PAGE.read_text(encoding='utf-8')
    for option in vars(load_tool('analysis/paper_tables').parse_args([])):
        assert f'`--{option}' in text


def test_the_tables_page_is_of_these_rows():
    text = (ROOT / 'docs/tables.md').read_text(encoding='utf-8')
    for table in TABLES:
        for row in table.rows:
            assert f'| `{row.config}` |' in text
    for path in LINK.findall(text):
        assert (ROOT / 'docs' / path).exists(), path
