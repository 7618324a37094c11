"""Measures the share of the training time that the hooks of this package take.

The same as ``hrvit time-hooks``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('time-hooks')

if __name__ == '__main__':
    verb.main()
