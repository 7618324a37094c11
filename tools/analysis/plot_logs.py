"""Draws what training runs logged: one panel for each key, one line for each run.

The same as ``hrvit plot-logs``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('plot-logs')

if __name__ == '__main__':
    verb.main()
