"""Shows which classes a network confuses, as a picture and a table.

The same as ``hrvit confusion-matrix``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('confusion-matrix')

if __name__ == '__main__':
    verb.main()
