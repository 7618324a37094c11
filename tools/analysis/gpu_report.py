"""Measures the networks on a GPU, and writes a report in Markdown, JSON and a picture.

The same as ``hrvit gpu-report``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[2] / 'tests'))  # the oracle

from hrvit_cli import Verb

verb = Verb('gpu-report')

if __name__ == '__main__':
    verb.main()
