"""Runs that are killed at any moment end bit for bit like those that are not."""

import pytest

from faults.runs import finish, live_and_die, results, write_config
from mmseg_hrvit.analysis.killed_run import digest

WRITE, TRAIN, VAL = ('write', 0), ('train', 0), ('val', 0)
OTHER_TRAIN, OTHER_VAL, OTHER_WRITE = ('train', 1), ('val', 1), ('write', 1)


def check(folder, record, kills, processes=1, **options):
    config = write_config(folder, **options)
    untouched, killed = folder / 'untouched', folder / 'killed'
    finish(config, untouched, processes=processes)
    live_and_die(config, killed, kills, processes)
    assert digest(killed) == digest(untouched)
    assert len(list(killed.glob('*.pth*'))) == len(list(untouched.glob('*.pth*')))
    expected, found = results(untouched), results(killed)
    assert found == expected
    record('kills survived', len(kills))
    record('resumes bit-exact', len(kills))
    record('faults injected', len(kills))
    record('results lost', len(expected.keys() - found.keys()))


@pytest.mark.faults
def test_killed_in_a_write_and_in_a_validation(tmp_path, record_property):
    check(tmp_path, record_property, [WRITE, VAL], max_iters=6)


@pytest.mark.faults
@pytest.mark.parametrize('processes', [1, 2])
@pytest.mark.parametrize('validates', [True, False])
def test_killed_again_and_again(tmp_path, record_property, processes, validates):
    kills = {
        (1, True): [TRAIN, WRITE, VAL, WRITE, TRAIN, VAL, WRITE, TRAIN],
        (1, False): [TRAIN, WRITE, WRITE, TRAIN, WRITE, TRAIN, TRAIN],
        (2, True): [OTHER_TRAIN, WRITE, OTHER_VAL, TRAIN, WRITE, VAL, OTHER_TRAIN, VAL],
        (2, False): [TRAIN, WRITE, OTHER_WRITE, OTHER_TRAIN, WRITE, OTHER_WRITE, TRAIN],
    }[processes, validates]
    check(
        tmp_path,
        record_property,
        kills,
        processes,
        max_iters=40,
        validates=validates,
    )


@pytest.mark.faults
def test_without_a_seed_in_the_config(tmp_path, record_property):
    """The seed is drawn once, and known before the first checkpoint."""
    config = write_config(tmp_path, max_iters=6, **{'randomness.seed': None})
    killed = tmp_path / 'killed'
    live_and_die(config, killed, [('train', 0), ('write', 0)])
    seed = int((killed / 'seed').read_text())
    untouched = tmp_path / 'untouched'
    options = ('--cfg-options', f'randomness.seed={seed}')
    finish(config, untouched, arguments=options)
    assert digest(killed) == digest(untouched)
    record_property('kills survived', 2)
    record_property('resumes bit-exact', 2)
    record_property('faults injected', 2)
