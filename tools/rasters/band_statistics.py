"""Measures mean and standard deviation of every band of a data set.

The same as ``hrvit band-statistics``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('band-statistics')

if __name__ == '__main__':
    verb.main()
