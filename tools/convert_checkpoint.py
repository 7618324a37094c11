"""Converts an ImageNet checkpoint of the authors' code, or of the public CSWin.

The same as ``hrvit convert-checkpoint``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('convert-checkpoint')

if __name__ == '__main__':
    verb.main()
