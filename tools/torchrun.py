"""Starts a script in several processes by torchrun, and tells errors once.

torchrun.py PROCESSES SCRIPT [ARGUMENTS ...]

With NNODES, NODE_RANK, MASTER_ADDR and PORT set, as one of several machines. After a
signal the processes have SHUTDOWN_TIMEOUT seconds to save (default 90).
"""

import logging
import os
import signal
import sys

import torch
from torch.distributed import run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError


def rendezvous() -> list[str]:
    """Says how the machines of a run meet; one alone takes a free port."""
    environ = os.environ
    nodes = environ.get('NNODES', '1')
    if nodes == '1' and 'PORT' not in environ:
        return ['--standalone', '--local-addr=127.0.0.1']
    return [
        f'--nnodes={nodes}',
        f'--node-rank={environ.get("NODE_RANK", "0")}',
        f'--master-addr={environ.get("MASTER_ADDR", "127.0.0.1")}',
        f'--master-port={environ.get("PORT", "29500")}',
    ]


def shutdown() -> list[str]:
    """Gives the processes time to save; older versions of torch give 30 seconds."""
    option = '--shutdown-timeout'
    if option not in run.get_args_parser().format_help():
        return []
    return [f'{option}={os.environ.get("SHUTDOWN_TIMEOUT", "90")}']


def main(processes: str, *command: str) -> None:
    """Runs the command, and exits as its first process that failed."""
    if not torch.cuda.is_available():
        threads = max(1, torch.get_num_threads() // int(processes))
        os.environ.setdefault('OMP_NUM_THREADS', str(threads))
    # Forty lines about an error that the process itself has told.
    logging.disable(logging.ERROR)
    try:
        options = [*rendezvous(), *shutdown(), f'--nproc-per-node={processes}']
        run.main([*options, *command])
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode < 0:
            name = signal.Signals(-failure.exitcode).name
            print(f'error: rank {rank} was ended by {name}', file=sys.stderr)
            sys.exit(128 - failure.exitcode)
        sys.exit(failure.exitcode)
    except SignalException as error:
        sys.exit(128 + error.sigval)


if __name__ == '__main__':
    main(*sys.argv[1:])
