"""Prints why the last training in a work directory stopped, for the shell scripts.

stop_reason.py CONFIG [arguments of train.py]

The answer is config, data, numeric or preempted; nothing if it ended, was killed or
crashed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli import Verb
from mmseg_hrvit.engine.cli import load_config
from mmseg_hrvit.engine.stop_reason import read_stop_reason


def main(argv=None):
    """Reads the command line of a training and prints its reason."""
    print(read_stop_reason(load_config(Verb('train').parse_args(argv)).work_dir) or '')


if __name__ == '__main__':
    main()
