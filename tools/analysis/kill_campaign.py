"""Kills a training run again and again, and compares it with an uninterrupted run.

The same as ``hrvit kill-campaign``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('kill-campaign')

if __name__ == '__main__':
    verb.main()
