"""Serves a trained network: a web page that takes images, and an HTTP endpoint.

The same as ``hrvit serve``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb

verb = Verb('serve')

if __name__ == '__main__':
    verb.main()
