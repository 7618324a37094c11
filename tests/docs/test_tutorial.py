"""docs/tutorial.ipynb runs as it stands, and gives what it says."""

import os
import re
import sys

import pytest

from paths import ROOT

nbformat = pytest.importorskip('nbformat')
nbclient = pytest.importorskip('nbclient')
pytest.importorskip('ipykernel')

NOTEBOOK = nbformat.read(ROOT / 'docs/tutorial.ipynb', as_version=4)


def test_it_is_a_notebook_without_results():
    nbformat.validate(NOTEBOOK)
    assert all(not cell.get('outputs') for cell in NOTEBOOK.cells)


@pytest.mark.full
def test_every_cell_runs(tmp_path, monkeypatch):
    command = tmp_path / 'bin/hrvit'
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m hrvit_cli "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv('PATH', f'{command.parent}:{os.environ["PATH"]}')
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    nbclient.execute(NOTEBOOK, str(tmp_path), timeout=600, kernel_name='python3')
    codes = [cell for cell in NOTEBOOK.cells if cell.cell_type == 'code']
    text = '\n'.join(o.get('text', '') for cell in codes for o in cell.outputs)
    right, same = (
        float(re.search(rf'([\d.]+) % of the pixels have the {what}', text)[1])
        for what in ('right class', 'same class')
    )
    assert right > 85
    assert same > 99
    pictures = [
        o for cell in codes for o in cell.outputs if 'image/png' in o.get('data', {})
    ]
    assert len(pictures) == 3  # the street, and both networks' classes over it
    assert (tmp_path / 'tuned/iter_50.pth').is_file()
