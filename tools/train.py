"""Trains a network of mmseg or mmpretrain from its config.

The same as ``hrvit train``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('train')

if __name__ == '__main__':
    verb.main()
