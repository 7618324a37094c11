"""Writes the paper's tables and Figure 5, with the figures measured here beside them.

The same as ``hrvit paper-tables``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('paper-tables')

if __name__ == '__main__':
    verb.main()
