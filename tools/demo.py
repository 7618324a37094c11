"""Segments images, a video, a camera, a URL or a raster of any size.

The same as ``hrvit demo``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('demo')

if __name__ == '__main__':
    verb.main()
