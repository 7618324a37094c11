"""The processes of a run on one machine: their environment, and where they meet."""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch.distributed import TCPStore

from mmseg_hrvit.errors import InputError


class Child(NamedTuple):
    """A process to start: its command, and its whole environment."""

    command: Sequence[str]
    environ: Mapping[str, str]


def count_setting(name: str, default: int, least: int = 0) -> int:
    """Reads a whole number from the environment.

    Args:
        name (str): The variable.
        default (int): Its value if it is not set.
        least (int): The smallest valid value. Defaults to 0.

    Raises:
        InputError: If it is not a valid number.
    """
    return parse_count(name, os.environ.get(name) or str(default), least)


def parse_count(name: str, text: str, least: int) -> int:
    """Reads a whole number; the error calls it ``name``."""
    if not text.isdecimal() or int(text) < least:
        raise InputError(f'{name}={text}: give a whole number, {least} or more')
    return int(text)


def make_ranks(command: Sequence[str], processes: int) -> tuple[list[Child], object]:
    """Prepares the processes of this machine, one for each rank.

    NNODES, NODE_RANK, MASTER_ADDR and PORT describe a run on several machines.

    Args:
        command (Sequence[str]): The command of each process.
        processes (int): Their number on this machine.

    Returns:
        tuple[list[Child], object]: The processes, and the store through which they
        connect, which must live as long as they do.
    """
    nodes, node = count_setting('NNODES', 1, 1), count_setting('NODE_RANK', 0)
    environ = {**os.environ, 'LOCAL_WORLD_SIZE': str(processes)}
    environ['WORLD_SIZE'] = str(nodes * processes)
    if processes > 1:
        share = torch.get_num_threads() // processes
        environ.setdefault('OMP_NUM_THREADS', str(max(1, share)))
    store = None
    if nodes == 1 and 'PORT' not in environ:
        # A port that nobody else can have taken once a rank listens: it listens here.
        store = TCPStore('127.0.0.1', 0, is_master=True, wait_for_workers=False)
        environ['TORCHELASTIC_USE_AGENT_STORE'] = 'True'
        environ |= dict(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(store.port))
    else:
        environ.setdefault('MASTER_ADDR', '127.0.0.1')
        environ['MASTER_PORT'] = str(count_setting('PORT', 29500, 1))
    if nodes == 1:
        # gloo would look up this machine's name, which may lead anywhere.
        environ.setdefault('GLOO_SOCKET_IFNAME', loopback())
    ranks = [
        Child(
            command,
            {
                **environ,
                'RANK': str(node * processes + local_rank),
                'LOCAL_RANK': str(local_rank),
            },
        )
        for local_rank in range(processes)
    ]
    return ranks, store


def loopback() -> str:
    """Name of the loopback network interface."""
    names = [name for _, name in socket.if_nameindex()]
    return next((name for name in names if name.startswith('lo')), names[0])


def take_ranks_of_slurm() -> None:
    """Gives this process the numbers that Slurm gave its task.

    Only a run with ``--launcher slurm`` asks for it: other tasks of ``srun`` are runs
    of their own.
    """
    for name, given in (('RANK', 'SLURM_PROCID'), ('LOCAL_RANK', 'SLURM_LOCALID')):
        if given in os.environ:
            os.environ[name] = os.environ[given]


def get_rank() -> int:
    """Number of this process, before there is a process group as well."""
    return int(os.environ.get('RANK', 0))


def get_local_rank() -> int:
    """Number of this process on its machine."""
    return int(os.environ.get('LOCAL_RANK', 0))
