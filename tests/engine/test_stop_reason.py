import pytest

from mmseg_hrvit.engine.stop_reason import (
    clear_stop_reason,
    read_stop_reason,
    stop_reason_told,
    write_stop_reason,
)
from mmseg_hrvit.errors import DataError, InputError, NumericError


def test_the_last_reason_stays_until_it_is_cleared(tmp_path):
    work_dir = tmp_path / 'work'
    assert read_stop_reason(work_dir) is None
    for reason in ('config', 'preempted'):
        write_stop_reason(work_dir, reason)
        assert read_stop_reason(work_dir) == reason
    assert [path.name for path in work_dir.iterdir()] == ['stop_reason']
    clear_stop_reason(work_dir)
    clear_stop_reason(work_dir)
    assert read_stop_reason(work_dir) is None


def test_unknown_reasons_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'bored' is none of config, data"):
        write_stop_reason(tmp_path, 'bored')


@pytest.mark.parametrize(
    'error, reason',
    [
        (InputError, 'config'),
        (DataError, 'data'),
        (NumericError, 'numeric'),
        (ValueError, None),
        (SystemExit, None),
    ],
)
@pytest.mark.parametrize('is_first', [True, False])
def test_errors_tell_their_reason(tmp_path, error, reason, is_first):
    with pytest.raises(error), stop_reason_told(tmp_path, is_first):
        raise error('x')
    assert read_stop_reason(tmp_path) == reason


def test_a_new_run_forgets_the_old_reason_on_rank_0(tmp_path):
    write_stop_reason(tmp_path, 'config')
    with stop_reason_told(tmp_path, is_first=False):
        assert read_stop_reason(tmp_path) == 'config'
    with stop_reason_told(tmp_path):
        assert read_stop_reason(tmp_path) is None
