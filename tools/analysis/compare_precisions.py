"""Compares exported files, and checkpoints in a lower precision, on a test set.

The same as ``hrvit compare-precisions``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('compare-precisions')

if __name__ == '__main__':
    verb.main()
