"""Converts a label raster to polygons: GeoPackage, GeoJSON or shapefile.

The same as ``hrvit polygonize``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('polygonize')

if __name__ == '__main__':
    verb.main()
