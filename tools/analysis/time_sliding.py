"""Measures what sliding windows cost outside the network, in mmseg's loop and here.

The same as ``hrvit time-sliding``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('time-sliding')

if __name__ == '__main__':
    verb.main()
