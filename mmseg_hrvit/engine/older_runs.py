"""Keeping the checkpoints of an older run when another run uses its folder."""

import re
from itertools import chain, count
from pathlib import Path

from mmengine.runner import Runner

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.files import ASIDE, write_durably

from .resume import LAST, SEED, find_named, unclear


def take_over(
    runner: Runner, folder: str | Path, template: str, keep: set[Path]
) -> None:
    """Takes over a folder for this run, and moves the checkpoints of an older run.

    Otherwise this run would overwrite and delete them, and a restart before its first
    checkpoint would resume the older run. If the run resumes from the last checkpoint
    of its work directory, this does nothing.

    Args:
        runner (Runner): The runner of the training, on rank 0.
        folder (str | Path): Folder of its checkpoints.
        template (str): Template of their names, as in ``CheckpointHook``.
        keep (set[Path]): Checkpoints that stay, because they belong to the earlier part
            of this run.

    Raises:
        InputError: If the run should resume, and no file says from which checkpoint.
    """
    source, latest = resumed_from(runner), find_named(runner.work_dir)
    if source and latest and source.resolve() == latest.resolve():
        return
    older = [path for path in of_runs(folder, template) if path not in keep]
    if older and runner._resume and source is None:
        raise InputError(unclear(older[-1]))
    # First, so that no run resumes from files that are only partly moved.
    for name in (LAST, SEED):
        Path(runner.work_dir, name).unlink(missing_ok=True)
    if older:
        aside = move_aside(older, Path(folder, f'before_{runner.timestamp}'))
        runner.logger.warning(
            f'{len(older)} checkpoints of an older run, up to {older[-1].name}, are '
            f'now in {aside}; to resume from one: '
            '--cfg-options resume=True load_from=FILE'
        )
    if source is not None:
        write_durably(str(source).encode(), Path(runner.work_dir, LAST))
    write_durably(str(runner.seed).encode(), Path(runner.work_dir, SEED))


def resumed_from(runner: Runner) -> Path | None:
    """Returns the checkpoint that a run has been resumed from; None for a new run.

    Args:
        runner (Runner): The runner of the training.
    """
    if not runner._resume or not runner._has_loaded:
        return None
    return Path(runner._load_from or Path(runner.work_dir, LAST).read_text().strip())


def of_runs(folder: str | Path, template: str) -> list[Path]:
    """Lists the checkpoints of any run in a folder, best ones too.

    Args:
        folder (str | Path): The folder; it need not exist.
        template (str): Template of their names, as in ``CheckpointHook``, such as
            'iter_{}.pth'.

    Returns:
        list[Path]: The checkpoints, the newest last.
    """
    found = [path for path in Path(folder).glob('*') if is_of_run(path.name, template)]
    return sorted(found, key=lambda path: path.stat().st_mtime)


def is_of_run(name: str, template: str) -> bool:
    """Recognises a checkpoint, or a best one, by its name."""
    parts = map(re.escape, re.split(r'\{[^}]*\}', template))
    return re.fullmatch(r'(best_.+_)?' + r'\d+'.join(parts), name) is not None


def remove_halves(folder: str | Path, template: str) -> None:
    """Deletes partial checkpoints of a run that was killed while it wrote them.

    Args:
        folder (str | Path): The folder; it need not exist.
        template (str): Template of their names, as in ``CheckpointHook``.
    """
    for path in Path(folder).glob(f'*{ASIDE}'):
        if is_of_run(path.name.removesuffix(ASIDE), template):
            path.unlink(missing_ok=True)


def move_aside(paths: list[Path], folder: Path) -> Path:
    """Moves checkpoints.

    Args:
        paths (list[Path]): The checkpoints.
        folder (Path): The new folder, on the same disk. If it exists already, a number
            is added to its name.

    Returns:
        Path: The folder.
    """
    names = chain([folder], (folder.with_name(f'{folder.name}_{i}') for i in count(2)))
    folder = next(path for path in names if not path.exists())
    folder.mkdir(parents=True)
    for path in paths:
        path.rename(folder / path.name)
    return folder
