"""Reads every file of the data sets that a config names, and reports what is wrong.

The same as ``hrvit check``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('check')

if __name__ == '__main__':
    verb.main()
