"""Draws the loss and the mIoU of a training run over its iterations.

The same as ``hrvit plot-run``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('plot-run')

if __name__ == '__main__':
    verb.main()
