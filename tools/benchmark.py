"""Times networks side by side, interleaved in one run.

The same as ``hrvit benchmark``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[1] / 'tests'))  # the oracle

from hrvit_cli import Verb

verb = Verb('benchmark')

if __name__ == '__main__':
    verb.main()
