"""Figures measured here: costs of the systems, scores of your own runs, latencies."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from mmengine.config import Config
from rich.console import Console
from rich.progress import track

from mmseg_hrvit.analysis.curves import read_history
from mmseg_hrvit.analysis.flops import Part, default_shape, measure_config
from mmseg_hrvit.configs import config
from mmseg_hrvit.errors import InputError

from .rows import Table


@dataclass(frozen=True)
class Score:
    """What a training run reached, in percent.

    Args:
        best (float): The best of its evaluations.
        last (float): The last of them.
    """

    best: float
    last: float


@dataclass(frozen=True)
class Measured:
    """What is known of the systems, by the names of their configs.

    Args:
        costs (Mapping[str, Part]): Parameters and multiply-accumulates.
        miou (Mapping[str, Score]): mIoU of your own runs. Defaults to none.
        top1 (Mapping[str, Score]): Top-1 accuracies of your own runs. Defaults to none.
    """

    costs: Mapping[str, Part]
    miou: Mapping[str, Score] = field(default_factory=dict)
    top1: Mapping[str, Score] = field(default_factory=dict)


def measure_tables(tables: Sequence[Table], results: Path | None = None) -> Measured:
    """Builds and measures every system of some tables, with a progress bar.

    Args:
        tables (Sequence[Table]): The tables.
        results (Path, optional): Work directories of your own runs.

    Returns:
        Measured: Costs, and what the runs reached.

    Raises:
        InputError: If a config is missing, or ``results`` has no run of one of them.
    """
    rows = [row for table in tables for row in table.rows]
    names = list(dict.fromkeys(row.config for row in rows))
    pretrainings = [row.pretraining for row in rows if row.top1]
    miou, top1 = {}, {}
    if results is not None:
        miou = read_scores(results, names, 'mIoU')
        top1 = read_scores(results, pretrainings, 'accuracy/top1')
        if not miou and not top1:
            raise InputError(
                f'--results {results}: it has no run of a config of these tables '
                f'(NAME/TIME/vis_data/scalars.json, with NAME such as {names[0]})'
            )
    return Measured(measure_systems(names), miou, top1)


def measure_systems(names: Iterable[str]) -> dict[str, Part]:
    """Measures shipped configs, each at the size of its task.

    Args:
        names (Iterable[str]): Names of the configs.

    Returns:
        dict[str, Part]: Config name -> costs.

    Raises:
        InputError: If there is no such config.
    """
    paths = {name: config(name) for name in names}
    console = Console(stderr=True)
    return {
        name: measure_system(path)
        for name, path in track(paths.items(), 'measuring', console=console)
    }


def measure_system(path: str) -> Part:
    """Measures the config of a file, at the size of its task."""
    cfg = Config.fromfile(path)
    return measure_config(cfg, default_shape(cfg))


def read_scores(folder: Path, names: Iterable[str], metric: str) -> dict[str, Score]:
    """Reads what training runs reached from mmengine's logs.

    Args:
        folder (Path): Holds the work directories, each with its config's name, as
            ``work_dirs`` does.
        names (Iterable[str]): Names of the configs.
        metric (str): The metric's name in the log, 'mIoU' or 'accuracy/top1'.

    Returns:
        dict[str, Score]: Config name -> score, of the runs that were evaluated.
    """
    scores = {}
    for name in names:
        try:
            history = read_history(folder / PurePath(name).name)
        except InputError:
            continue  # not trained here
        values = [record[metric] for record in history if metric in record]
        if values:
            scores[name] = Score(max(values), values[-1])
    return scores


def read_latencies(path: Path) -> tuple[dict[str, float], str]:
    """Reads measured latencies.

    The file is a JSON list of objects with the keys ``config`` (a config's name),
    ``seconds`` (for one image) and ``device`` (the machine, the same in all). Other
    keys are ignored.

    Args:
        path (Path): The file.

    Returns:
        tuple[dict[str, float], str]: Config name -> seconds, and the machine.

    Raises:
        InputError: If the file is missing or holds something else.
    """
    try:
        records = json.loads(path.read_text())
        seconds = {record['config']: float(record['seconds']) for record in records}
        devices = {record['device'] for record in records}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'--latency {path}: it is not a file with a JSON list of '
            '{"config": NAME, "seconds": NUMBER, "device": TEXT}'
        ) from error
    if len(seconds) != len(records) or len(devices) != 1:
        raise InputError(
            f'--latency {path}: {len(records)} entries of {len(seconds)} configs on '
            f'{len(devices)} machines; give each config once, all on one machine'
        )
    return seconds, devices.pop()
