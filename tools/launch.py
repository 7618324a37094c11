"""The program that dist_*.sh and slurm_*.sh start."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hrvit_cli.scripts import main

if __name__ == '__main__':
    main(Path(__file__).resolve().parent)
