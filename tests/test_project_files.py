"""Files about the project say what is there."""

import re
import runpy
import sys

import pytest
import yaml

from hrvit_cli import VERBS
from mmseg_hrvit.version import __version__
from paths import ROOT


def test_the_citation_is_the_papers_and_of_this_version():
    cited = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
    assert cited['version'] == __version__
    paper = cited['preferred-citation']
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert re.search(r'title=\{(.*)\}', readme)[1] == paper['title']
    authors = [author['family-names'] for author in paper['authors']]
    written = re.split(r'\s+and\s+', re.search(r'author=\{([^}]*)\}', readme)[1])
    assert authors == [author.partition(',')[0].strip() for author in written]


def test_the_dockerfile_copies_what_is_there_and_starts_a_verb():
    text = (ROOT / 'Dockerfile').read_text()
    copied = [line.split()[1:-1] for line in re.findall(r'^COPY .*', text, re.M)]
    assert copied
    for names in copied:
        for name in names:
            assert (ROOT / name).exists(), name
    assert re.search(r'ENTRYPOINT \["hrvit", "(\w+)"', text)[1] in VERBS
    instructions = re.findall(r'^([A-Z]+) ', text, re.M)
    assert instructions[0] == 'FROM'
    assert instructions.index('USER') < instructions.index('ENTRYPOINT')
    assert not re.search(r'^FROM \S+:latest|^FROM [^:\s]+$', text, re.M)


def test_the_long_description_has_no_link_into_the_repository(monkeypatch):
    import setuptools

    monkeypatch.setattr(setuptools, 'setup', lambda **_: None)
    monkeypatch.setattr(sys, 'argv', ['setup.py'])
    text = runpy.run_path(str(ROOT / 'setup.py'))['long_description']()
    assert 'HRViT' in text
    assert not re.search(r'\]\((?!https?:)', text)


@pytest.mark.parametrize('page', sorted(ROOT.glob('*.md')), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', page.read_text(encoding='utf-8'))
    for link in links:
        assert (page.parent / link).exists(), link
