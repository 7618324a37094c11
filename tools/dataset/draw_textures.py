"""Draws a data set of ten classes of textures, in the folder layout of ImageNet.

The same as ``hrvit draw-textures``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('draw-textures')

if __name__ == '__main__':
    verb.main()
