import pytest

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.models import checks


@pytest.mark.parametrize('value', [0, -1, True, 1.0, '1', None, 10**5 + 1])
def test_what_is_no_positive_whole_number(value):
    with pytest.raises(InputError, match='width='):
        checks.check_whole('width', value)
    with pytest.raises(
        InputError, match='give 2 positive whole numbers, one for each branch'
    ):
        checks.check_wholes('depths', [1, value], 2, 'branch')
    checks.check_wholes('depths', (1, 10**5), 2, 'branch')


@pytest.mark.parametrize('value', [-0.1, 1, 1.5, float('nan'), True, '0.1', None])
def test_what_is_no_rate(value):
    with pytest.raises(InputError, match='rate='):
        checks.check_rate('rate', value)
    checks.check_rate('rate', 0)


@pytest.mark.parametrize('value', [(), (0, 0), (1, 0), (3,), (True, 0), 1, None, '0'])
def test_what_are_no_indices(value):
    with pytest.raises(InputError, match='out_indices='):
        checks.check_indices('out_indices', value, 3)
    checks.check_indices('out_indices', range(3), 3)


@pytest.mark.parametrize(
    'norm_cfg',
    [None, {}, dict(type='Nothing'), dict(type='LN'), dict(type='GN', num_groups=3)],
)
def test_norms_that_do_not_fit(norm_cfg):
    with pytest.raises(InputError, match='norm_cfg='):
        checks.check_norm(norm_cfg, [8, 16])
    checks.check_norm(dict(type='SyncBN'), [8, 16])


@pytest.mark.parametrize('act_cfg', [None, {}, dict(type='Nothing'), dict(type='GLU')])
def test_activations_that_do_not_fit(act_cfg):
    with pytest.raises(InputError, match='act_cfg='):
        checks.check_activation('act_cfg', act_cfg)
    checks.check_activation('act_cfg', dict(type='GELU'))


def test_networks_that_are_too_large():
    with pytest.raises(InputError, match='the limit is 1,000 million'):
        checks.check_size(10**9 + 1)
    checks.check_size(10**9)
