"""Draws image, truth and prediction side by side for images of the test set.

The same as ``hrvit show-predictions``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('show-predictions')

if __name__ == '__main__':
    verb.main()
