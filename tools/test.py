"""Evaluates a checkpoint of mmseg or mmpretrain as its config says.

The same as ``hrvit test``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('test')

if __name__ == '__main__':
    verb.main()
