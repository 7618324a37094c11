"""Draws training samples as a config augments them, with their labels over them.

The same as ``hrvit browse``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('browse')

if __name__ == '__main__':
    verb.main()
