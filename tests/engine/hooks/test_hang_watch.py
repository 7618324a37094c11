"""What a rank writes and tells; tests/faults/test_hang.py has ranks that hang."""

import pytest

from mmseg_hrvit.engine.hooks.hang_watch import (
    UNSEEN,
    HangWatchHook,
    describe_hang,
    read_beat,
    write_beat,
)

BEATS = {
    0: dict(steps=9, doing='in the backward pass'),
    1: dict(steps=7, doing='loading a batch'),
    2: dict(steps=7, doing='saving'),
}


def test_ranks_read_how_far_the_others_are(tmp_path):
    assert read_beat(tmp_path, 1) == UNSEEN
    write_beat(tmp_path, 1, BEATS[1])
    assert read_beat(tmp_path, 1) == BEATS[1]
    write_beat(tmp_path / 'gone', 1, BEATS[1])  # as on a full disk: no error


@pytest.mark.parametrize(
    ('hanging', 'message'),
    [
        ([1], 'rank 1 (loading a batch) hangs: the other ranks have waited for 5 s'),
        ([1, 2], 'rank 1 (loading a batch), rank 2 (saving) hang: the other ranks'),
        ([0, 1, 2], 'no rank has gone on for 5 s: rank 0 (in the backward pass), '),
    ],
)
def test_ranks_that_hang_are_named(hanging, message):
    assert describe_hang(BEATS, hanging, 5.0).startswith(message)


def test_every_step_counts():
    hook = HangWatchHook()
    hook._go_on('a')
    hook._go_on('b')
    assert hook.beat == dict(steps=UNSEEN['steps'] + 2, doing='b')
