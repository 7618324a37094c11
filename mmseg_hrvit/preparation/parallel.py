"""Doing the same to many files, in several processes."""

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
        function (Callable[[Item], Result]): The function; it and its results must be
            picklable.
        items (Sequence[Item]): Its arguments.
        workers (int): Processes.
        description (str): The text beside the bar.

    Returns:
        list[Result]: The results, in the order of the items.

    Raises:
        InputError: If ``workers`` is not positive, or a process was killed.
    """
    if workers < 1:
        raise InputError(f'--workers {workers}: give 1 or more')
    pool = ProcessPoolExecutor(
        workers,
        # Like mmengine's loaders: a new interpreter would import torch once more.
        mp_context=get_context('fork'),
        # OpenCV's threads do not survive a fork, and waiting for them would hang.
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
