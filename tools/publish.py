"""Writes the weights of a checkpoint, ready to be published.

The same as ``hrvit publish``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('publish')

if __name__ == '__main__':
    verb.main()
