"""What the shell scripts in tools/ do: run several processes, also with Slurm."""

import os
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from signal import SIG_BLOCK, SIGHUP, SIGINT, SIGTERM, SIGUSR1, pthread_sigmask

from .verbs import WRONG_USE, Verb, missing_packages_told


def dist_train(tools: Path, config: str, processes: str, *arguments: str) -> int:
    """CONFIG PROCESSES [arguments of train.py]

    Trains in several processes: one for each GPU, or on the CPU if there is no GPU. On
    several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
    """
    argv = [config, *arguments]
    args = Verb('train').parse_args(argv, prog='train.py')
    return call('launcher.train', str(tools / 'train.py'), args, processes, argv)


def dist_test(
    tools: Path, config: str, checkpoint: str, processes: str, *arguments: str
) -> int:
    """CONFIG CHECKPOINT PROCESSES [arguments of test.py]

    Evaluates in several processes; the rest is as for dist_train.sh.
    """
    argv = [config, checkpoint, *arguments]
    Verb('test').parse_args(argv, prog='test.py')
    argv += ['--launcher', 'pytorch']
    return call('launcher.run_once', str(tools / 'test.py'), processes, argv)


def dist_demo(tools: Path, processes: str, raster: str, *arguments: str) -> int:
    """PROCESSES RASTER MODEL [arguments of demo.py]

    Segments one raster in several processes; the rest is as for dist_train.sh.
    """
    argv = [raster, *arguments]
    Verb('demo').parse_args(argv, prog='demo.py')
    return call('launcher.run_once', str(tools / 'demo.py'), processes, argv)


def slurm_train(
    tools: Path, partition: str, job_name: str, config: str, *arguments: str
) -> int:
    """PARTITION JOB_NAME CONFIG [arguments of train.py]

    Submits a batch job that trains. GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SBATCH_ARGS
    set its size. GRACE seconds (default 120) before its time limit, or if a task gets
    SIGTERM or SIGUSR1, the run saves and the job requeues itself. It then resumes.
    """
    argv = [config, *arguments]
    args = Verb('train').parse_args(argv, prog='train.py')
    if 'SLURM_JOB_ID' in os.environ:
        # Since Slurm 22.05 srun does not take the number of cores from the job.
        options = ['--kill-on-bad-exit=1', f'--cpus-per-task={cpus_per_task()}']
        return call('slurm.train', srun(options, tools / 'train.py', argv, 1), args)
    # In a batch job Slurm runs a copy of the script, from a folder of its own.
    os.environ['HRVIT_TOOLS'] = str(tools)
    return replace_process(
        'sbatch',
        *size(partition, job_name),
        '--requeue',
        '--open-mode=append',
        f'--signal=B:USR1@{os.environ.get("GRACE") or 120}',
        *shlex.split(os.environ.get('SBATCH_ARGS', '')),
        str(tools / 'slurm_train.sh'),
        *(partition, job_name, *argv),
    )


def slurm_test(
    tools: Path,
    partition: str,
    job_name: str,
    config: str,
    checkpoint: str,
    *arguments: str,
) -> int:
    """PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of test.py]

    Evaluates with srun. GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS set the size.
    """
    argv = [config, checkpoint, *arguments]
    Verb('test').parse_args(argv, prog='test.py')
    options = [
        *size(partition, job_name),
        '--kill-on-bad-exit=1',
        *shlex.split(os.environ.get('SRUN_ARGS', '')),
    ]
    return replace_process(*srun(options, tools / 'test.py', argv, 2))


SCRIPTS = dict(
    dist_train=dist_train,
    dist_test=dist_test,
    dist_demo=dist_demo,
    slurm_train=slurm_train,
    slurm_test=slurm_test,
)


def main(tools: Path, argv: Sequence[str] | None = None) -> None:
    """Runs a script.

    Args:
        tools (Path): The folder of the scripts, and of train.py and test.py.
        argv (Sequence[str], optional): The script's name and arguments. Defaults to
            the process's.
    """
    name, *arguments = sys.argv[1:] if argv is None else argv
    script = SCRIPTS[name]
    usage = script.__doc__.partition('\n')[0]
    if len(arguments) < len(usage.partition(' [')[0].split()):
        print(f'usage: tools/{name}.sh {script.__doc__.rstrip()}', file=sys.stderr)
        sys.exit(WRONG_USE)
    sys.exit(script(tools, *arguments))


def call(function: str, *arguments: object) -> int:
    """Calls a function of ``mmseg_hrvit.engine``; reports a mistake in one line.

    The import takes seconds. A signal that arrives meanwhile waits for the launcher.

    Args:
        function (str): Its module and name.
        *arguments (object): Its arguments.

    Returns:
        int: The exit status.
    """
    pthread_sigmask(SIG_BLOCK, (SIGHUP, SIGINT, SIGTERM, SIGUSR1))
    module, _, name = function.partition('.')
    # Packages talk while they are imported.
    with missing_packages_told(), redirect_stdout(sys.stderr):
        from mmseg_hrvit.engine.exits import one_line_errors

        work = getattr(import_module(f'mmseg_hrvit.engine.{module}'), name)
    with one_line_errors():
        return work(*arguments)


def size(partition: str, job_name: str) -> list[str]:
    """Returns the options of sbatch and srun for the partition and size of a job."""
    per_node = os.environ.get('GPUS_PER_NODE') or '8'
    return [
        *('-p', partition),
        f'--job-name={job_name}',
        f'--gres=gpu:{per_node}',
        f'--ntasks={os.environ.get("GPUS") or 8}',
        f'--ntasks-per-node={per_node}',
        f'--cpus-per-task={cpus_per_task()}',
    ]


def cpus_per_task() -> str:
    """Returns the number of cores of a task, inside a job that of the job."""
    environ = os.environ
    return environ.get('SLURM_CPUS_PER_TASK') or environ.get('CPUS_PER_TASK') or '5'


def srun(
    options: Sequence[str], tool: Path, argv: Sequence[str], positional: int
) -> list[str]:
    """Makes the command that starts a tool in every task.

    Args:
        options (Sequence[str]): Options of srun.
        tool (Path): The tool.
        argv (Sequence[str]): Its arguments.
        positional (int): How many of them come before the tool's options.
    """
    # The tasks meet at a port that only this job uses: several jobs may share a node.
    job = int(os.environ.get('SLURM_JOB_ID') or time.time_ns())
    os.environ.setdefault('MASTER_PORT', str(10_000 + job % 20_000))
    python = ['python', '-u', str(tool), *argv[:positional], '--launcher', 'slurm']
    return ['srun', *options, *python, *argv[positional:]]


def replace_process(*command: str) -> int:
    """Replaces this process by a command.

    Returns:
        int: 127, as in a shell, if there is no such command.
    """
    try:
        os.execvp(command[0], command)
    except FileNotFoundError:
        print(f'error: no command {command[0]}: is Slurm installed?', file=sys.stderr)
        return 127
