"""Draws a data set of street scenes, in the folder layout of ADE20K.

The same as ``hrvit draw-scenes``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('draw-scenes')

if __name__ == '__main__':
    verb.main()
