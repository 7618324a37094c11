"""Measures all that docs/performance.md says about a GPU, in one run.

Every row is one network. The report is written after each row, so a run that is cut
short leaves what it has measured.
"""

import gc
import json
import statistics
import time
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from mmengine.config import Config

from mmseg_hrvit.configs import config
from mmseg_hrvit.files import write_durably, written_aside

from ..benchmark import (
    DTYPES,
    Setting,
    autocast,
    describe_device,
    interleave,
    prepare,
)
from ..flops import measure_config
from ..memory import peak_memory
from ..roofline import copy_bandwidth, matmul_rate
from .kernels import watch
from .pages import draw, to_markdown
from .rows import Measured, Report, Scale, Work, plan


def write_report(folder: Path, device: str, scale: Scale, minutes: float) -> Report:
    """Measures all rows; writes the report after each, and the picture at the end.

    Args:
        folder (Path): Gets ``report.json``, ``report.md`` and ``report.png``.
        device (str): 'cpu' or 'cuda'.
        scale (Scale): ``FULL`` or ``SMOKE``.
        minutes (float): No row starts after this time.

    Returns:
        Report: What was found.
    """
    end = time.monotonic() + 60 * minutes
    folder.mkdir(parents=True, exist_ok=True)
    rates = {
        name: matmul_rate(device, DTYPES[name], scale.side) for name in scale.dtypes
    }
    report = Report(
        describe_device(device),
        torch.__version__,
        scale,
        rates,
        copy_bandwidth(device),
        [Measured(work, error='not measured') for work in plan(scale)],
    )
    save(report, folder)
    try:
        for i, row in enumerate(report.rows):
            if time.monotonic() > end:
                break
            report.rows[i] = measure(row.work, device, scale, rates[row.work.dtype])
            save(report, folder)
            print(report.rows[i], flush=True)
    finally:
        with written_aside(folder / 'report.png') as aside:
            draw(report, aside)
    return report


def measure(work: Work, device: str, scale: Scale, rate: float) -> Measured:
    """Measures a row; notes a failure in it, so that the other rows continue.

    Args:
        work (Work): What is run.
        device (str): 'cpu' or 'cuda'.
        scale (Scale): How large it is.
        rate (float): Multiply-accumulates per second that the device can do.

    Returns:
        Measured: What was found.
    """
    try:
        with torch.compiler.set_stance('default', force_backend=scale.backend):
            return measure_one(work, device, scale, rate)
    except Exception as error:
        line = str(error).strip().partition('\n')[0]
        return Measured(work, error=f'{type(error).__name__}: {line}')
    finally:
        gc.collect()
        torch.compiler.reset()  # graphs are counted, and no row inherits another's
        if device == 'cuda':
            torch.cuda.empty_cache()


def measure_one(work: Work, device: str, scale: Scale, rate: float) -> Measured:
    """Like ``measure``, but raises what fails."""
    cfg = Config.fromfile(config(work.config))
    setting = Setting(
        scale.shape, work.batch_size, device, work.dtype, work.train, scale.rounds
    )
    call, count_saved = prepare(cfg, work.form, setting)
    with torch.inference_mode():
        ((first_seconds,),) = interleave([call], 1, 0)
        (seconds,) = interleave([call], scale.rounds, scale.warmup)
        peak_bytes = peak_memory(call, device)
        activity = watch(call, device, calls=min(3, scale.rounds))
    with autocast(device, work.dtype):
        saved_bytes = count_saved() if count_saved else None
    share = None
    if not work.train:
        macs = count_macs(work.config, scale.shape) * work.batch_size
        share = macs / statistics.median(seconds) / rate
    return Measured(
        work,
        first_seconds,
        seconds,
        peak_bytes,
        saved_bytes,
        activity.kernels,
        activity.idle,
        share,
    )


@cache
def count_macs(name: str, shape: tuple[int, int]) -> int:
    """Multiply-accumulates of an image, by the name of its config."""
    return measure_config(Config.fromfile(config(name)), shape, True).macs.full


def save(report: Report, folder: Path) -> None:
    """Writes the files again, except the picture."""
    text = json.dumps(asdict(report), indent=1) + '\n'
    write_durably(text.encode(), folder / 'report.json')
    write_durably(to_markdown(report).encode(), folder / 'report.md')
