"""Measures what the layers of a network cost in OpenVINO, beside the machine's limits.

The same as ``hrvit time-layers``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('time-layers')

if __name__ == '__main__':
    verb.main()
