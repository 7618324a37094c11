"""A user's program is checked by mypy with the types of the installed package."""

import re
import subprocess
import sys

import pytest

from paths import ROOT

PROGRAM = """
from pathlib import Path

from mmseg_hrvit.apis import Segmentation, Segmenter

segmenter = Segmenter.from_checkpoint('hrvit_b1_camvid', Path('b1.pth'), device='cpu')
result: Segmentation = segmenter('street.jpg')
results: list[Segmentation] = segmenter(['a.jpg', Path('b.jpg')], channel_order='rgb')
result.save('overlay.png', opacity=0.4)
print(result.labels.shape, len(results), result.plot().size)
"""
WRONG = """segmenter('street.jpg', channel_order='gbr')
result.plot('a')
"""
# Libraries whose types do not matter here, and take a minute to read.
SETTINGS = """[mypy]
[mypy-cv2.*,mmcv.*,mmseg.*,mmengine.*,matplotlib.*]
follow_imports = skip
ignore_missing_imports = True
[mypy-mmseg_hrvit.*,torch.*]
follow_imports = silent
"""
# Reading torch takes a minute, the first time.
CACHE = ROOT / '.mypy_cache'


def test_a_program_is_clean_and_its_mistakes_are_found(tmp_path):
    pytest.importorskip('mypy')
    assert (ROOT / 'mmseg_hrvit/py.typed').is_file()
    (tmp_path / 'mypy.ini').write_text(SETTINGS)
    (tmp_path / 'program.py').write_text(PROGRAM + WRONG)
    done = subprocess.run(
        [sys.executable, '-m', 'mypy', '--cache-dir', CACHE, 'program.py'],
        cwd=tmp_path,
        env=dict(MYPYPATH=str(ROOT), PATH=''),
        capture_output=True,
        text=True,
        timeout=600,
    )
    wrong = PROGRAM.count('\n') + 1, PROGRAM.count('\n') + 2
    assert [int(n) for n in re.findall(r'py:(\d+): error', done.stdout)] == [*wrong]
