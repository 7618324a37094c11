"""Draws what training runs logged: a panel a key, a line a run.

The same as ``hrvit plot-logs``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('plot-logs')

if __name__ == '__main__':
    verb.main()
