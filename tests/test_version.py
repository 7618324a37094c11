"""The version stands in one place, and the changelog has it."""

import re

from mmseg_hrvit.version import __version__
from paths import ROOT

CHANGELOG = (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8')
# A version and its date, 'Unreleased' until there is one.
HEADING = re.compile(
    r'^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d|Unreleased)$', flags=re.M
)
KINDS = {'Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'}


def test_the_changelog_begins_with_the_version():
    assert HEADING.search(CHANGELOG)[1] == __version__


def test_every_heading_of_the_changelog_is_one():
    versions = re.findall('^## .*', CHANGELOG, flags=re.M)
    assert all(HEADING.fullmatch(line) for line in versions)
    dates = [date for _, date in HEADING.findall(CHANGELOG)]
    assert 'Unreleased' not in dates[1:]
    assert sorted(dates, reverse=True) == dates  # the latest first
    assert set(re.findall('^### (.*)', CHANGELOG, flags=re.M)) <= KINDS


def test_no_other_file_has_a_version_of_its_own():
    for file in ('setup.py', 'pyproject.toml'):
        assert not re.search(r'version\s*=\s*["\']\d', (ROOT / file).read_text())
