"""Doing the same with many files, in several processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

import cv2

from mmseg_hrvit.apis.runs import show_progress
from mmseg_hrvit.errors import InputError

Item = TypeVar('Item')
Result = TypeVar('Result')


def map_parallel(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    description: str,
) -> list[Result]:
    """Calls a function with every item, and shows a progress bar.

    Args:
        function (Callable[[Item], Result]): What to do; it and what it returns must
            be of the kinds that pickle takes.
        items (Sequence[Item]): With what.
        workers (int): Processes.
        description (str): What stands beside the bar.

    Returns:
        list[Result]: What it returned, in the order of the items.

    Raises:
        InputError: If ``workers`` is not positive, or a process was killed.
    """
    if workers < 1:
        raise InputError(f'--workers {workers}: give 1 or more')
    pool = ProcessPoolExecutor(
        workers,
        # Like mmengine's loaders: a new interpreter would import torch once more.
        mp_context=get_context('fork'),
        # OpenCV's threads do not outlive a fork, and who waits for them hangs.
        initializer=cv2.setNumThreads,
        initargs=(0,),
    )
    try:
        with pool, show_progress() as progress:
            futures = [pool.submit(function, item) for item in items]
            todo = progress.track(futures, description=description)
            return [future.result() for future in todo]
    except BrokenProcessPool as error:
        raise InputError(
            f'a process was killed while {description}, because memory ran out or a '
            f'broken file: give fewer than --workers {workers}, or look for the file'
        ) from error
