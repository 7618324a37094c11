"""Resuming a run: from which checkpoint, and with which seed.

Both must be known before anything is built, because the seed sets the order of the
samples.
"""

import re
from pathlib import Path

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader

from mmseg_hrvit.checkpoints.durable import is_whole
from mmseg_hrvit.errors import InputError

from .ranks import get_rank

LAST = 'last_checkpoint'  # mmengine's file that names it
SEED = 'seed'  # file in the work directory, for a run that ends before its first one
TEMPLATES = ('iter_{}.pth', 'epoch_{}.pth')  # mmengine's names of checkpoints


def resume_latest(cfg: Config) -> None:
    """Makes a config resume the run in its work directory.

    If there is no checkpoint yet, the run starts as the config says, with the same
    seed, and logs this.

    Args:
        cfg (Config): The config, with its ``work_dir``. Changed in place.

    Raises:
        InputError: If the checkpoint cannot be read, or if there are checkpoints but no
            file says from which of them to resume.
    """
    latest = find_latest(cfg.work_dir)
    if latest is not None:
        cfg.merge_from_dict(dict(resume=True, load_from=str(latest)))
        checkpoint = CheckpointLoader.load_checkpoint(str(latest), 'cpu', 'silent')
        seed = checkpoint.get('meta', {}).get('seed')
    else:
        seed = read_seed(cfg.work_dir)
        if get_rank() == 0:
            print_log(
                f'--resume: {cfg.work_dir} has no checkpoint yet, so the run starts '
                'from the beginning',
                logger='current',
            )
    if seed is not None:
        cfg.randomness = {**cfg.get('randomness', {}), 'seed': seed}


def find_latest(work_dir: str | Path) -> Path | None:
    """Finds the latest complete checkpoint of the run in a work directory.

    Args:
        work_dir (str | Path): The work directory.

    Returns:
        Path | None: The checkpoint, or None if the run has saved none.

    Raises:
        InputError: If there are checkpoints, but no file says which is the last one.
    """
    if Path(work_dir, LAST).is_file():
        return find_named(work_dir)
    found = [path for name in TEMPLATES for path in numbered(work_dir, name)]
    whole = [path for path in found if is_whole(path)]
    # A run notes its seed when it has moved those of older runs away.
    if whole and read_seed(work_dir) is None:
        raise InputError(unclear(whole[-1]))
    return whole[-1] if whole else None


def find_named(work_dir: str | Path) -> Path | None:
    """Finds the checkpoint that ``last_checkpoint`` names.

    Args:
        work_dir (str | Path): The work directory.

    Returns:
        Path | None: The checkpoint. If it was damaged later, the newest complete one
        beside it. None if there is none, or if no file names one.
    """
    pointer = Path(work_dir, LAST)
    if not pointer.is_file():
        return None
    last = Path(pointer.read_text().strip())
    if not last.is_file():  # the work directory was moved
        last = Path(work_dir, last.name)
    others = numbered(last.parent, re.sub(r'\d+', '{}', last.name))
    candidates = [last, *reversed(others)]
    return next((path for path in candidates if is_whole(path)), None)


def numbered(folder: str | Path, template: str) -> list[Path]:
    """Lists the files with a number in their name.

    Args:
        folder (str | Path): Their folder; it need not exist.
        template (str): Their name, with {} for the number.

    Returns:
        list[Path]: The files, those with the lowest number first.
    """
    pattern = re.compile(re.escape(template).replace(r'\{\}', r'(\d+)'))
    matches = {path: pattern.fullmatch(path.name) for path in Path(folder).glob('*')}
    found = {path: [*map(int, m.groups())] for path, m in matches.items() if m}
    return sorted(found, key=found.get)


def unclear(checkpoint: Path) -> str:
    """Makes the error that no file says from which checkpoint to resume."""
    return (
        f'{checkpoint.parent} has checkpoints, but no file {LAST} that says from which '
        f'one to resume: give it, e.g. --cfg-options resume=True '
        f'load_from={checkpoint}, or start without --resume'
    )


def read_seed(work_dir: str | Path) -> int | None:
    """Returns the seed that the run in a work directory has stored, if any."""
    path = Path(work_dir, SEED)
    return int(path.read_text()) if path.is_file() else None
