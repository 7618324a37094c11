"""Prints a network's parameters and GFLOPs, part by part.

The same as ``hrvit flops``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('flops')

if __name__ == '__main__':
    verb.main()
