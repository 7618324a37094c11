import os
import signal

import pytest

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.preparation.parallel import map_parallel


def square(number):
    return number**2, os.getpid()


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_are_in_order_and_from_other_processes():
    results = map_parallel(square, range(20), 2, 'squaring')
    assert [result for result, _ in results] == [i**2 for i in range(20)]
    assert os.getpid() not in {process for _, process in results}


def test_a_killed_process_is_told():
    with pytest.raises(InputError, match='a process was killed while dying'):
        map_parallel(die, [1], 1, 'dying')


def test_no_process_is_refused():
    with pytest.raises(InputError, match='--workers 0: give 1 or more'):
        map_parallel(square, [1], 0, 'squaring')
