"""Converts annotations to label maps, in mmseg's folders, with a config for them.

The same as ``hrvit convert``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hrvit_cli import Verb

verb = Verb('convert')

if __name__ == '__main__':
    verb.main()
