"""Writes a trained network to a file of an inference engine, and tests the file.

The same as ``hrvit export``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('export')

if __name__ == '__main__':
    verb.main()
