"""Going on with a run: from which checkpoint, and with which seed.

Both must be known before anything is built, since the order of the samples comes
from the seed.
"""

from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from mmseg_hrvit.checkpoints.durable import is_whole, write_durably
from mmseg_hrvit.checkpoints.loading import load_from_local

LAST = 'last_checkpoint'  # mmengine's file that names it
SEED = 'seed'  # file in the work directory, for a run that ends before its first one


def resume_latest(cfg: Config) -> None:
    """Lets a config go on with the run in its work directory.

    If that has no checkpoint yet, the run starts as the config says, with the same
    seed.

    Args:
        cfg (Config): The config, with its ``work_dir``. Changed in place.

    Raises:
        InputError: If the checkpoint cannot be read.
    """
    latest = find_latest(cfg.work_dir)
    if latest is None:
        seed = read_seed(cfg.work_dir)
    else:
        cfg.merge_from_dict(dict(resume=True, load_from=str(latest)))
        seed = load_from_local(latest, 'cpu').get('meta', {}).get('seed')
    if seed is not None:
        cfg.randomness = {**cfg.get('randomness', {}), 'seed': seed}


def find_latest(work_dir: str | Path) -> Path | None:
    """Finds the latest whole checkpoint of the run in a work directory.

    Args:
        work_dir (str | Path): The work directory.

    Returns:
        Path | None: The checkpoint, or None if the run has saved none. If a file was
        damaged later, the newest one beside it that is whole.
    """
    pointer = Path(work_dir, LAST)
    if not pointer.is_file():
        return None
    last = Path(pointer.read_text().strip())
    if not last.is_file():  # the work directory was moved
        last = Path(work_dir, last.name)
    names = f'{last.stem.split("_")[0]}_*.pth'  # iter_8000.pth or epoch_8.pth
    others = sorted(last.parent.glob(names), key=lambda p: p.stat().st_mtime)
    candidates = [last, *reversed(others)]
    return next((path for path in candidates if is_whole(path)), None)


def read_seed(work_dir: str | Path) -> int | None:
    """Returns the seed that ``start_afresh`` noted, if any."""
    path = Path(work_dir, SEED)
    return int(path.read_text()) if path.is_file() else None


def start_afresh(runner: Runner) -> None:
    """Separates a new run from one that was in its work directory before.

    Otherwise a restart before the first checkpoint would go on with the old run.

    Args:
        runner (Runner): The runner of the training, on rank 0.
    """
    pointer = Path(runner.work_dir, LAST)
    if pointer.is_file():
        runner.logger.warning(
            'a new run starts where another one was; to go on with that instead: '
            f'--cfg-options resume=True load_from={pointer.read_text().strip()}'
        )
        pointer.unlink()
    write_durably(str(runner.seed).encode(), Path(runner.work_dir, SEED))
