"""Draws polygons into a label raster for a raster.

The same as ``hrvit rasterize``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('rasterize')

if __name__ == '__main__':
    verb.main()
