"""The script runs in a copy of the checkout, with a Python that notes its calls.

The steps themselves have their own tests.
"""

import os
import shutil
import subprocess

import pytest

from paths import TOOLS

PYTHON = r"""#!/bin/sh
echo "$@" >>calls.txt
case "$*" in
    *device_count*) echo 2 ;;
    *dist_train*)
        for i in ' 25' ' 50' 100; do
            echo "11/22 19:44:38 - mmengine - INFO - Iter(train) [$i/600]  lr: 1e-3 " \
                'eta: 0:02:49  time: 0.47  loss: 0.3486  decode.loss_ce: 0.3486'
        done
        echo '|   sky    | 80.42 | 83.82 |'
        echo '11/22 19:44:39 - mmengine - INFO - Iter(val) [25/25]    aAcc: 88.1900' \
            ' mIoU: 58.4900  mAcc: 66.4500  data_time: 0.0028'
        echo 'a page of mmengine'
        echo work_dirs/quickstart/iter_600.pth >work_dirs/quickstart/last_checkpoint ;;
    *test.py*)
        echo '|   sky    | 90.42 | 93.82 |'
        echo '11/22 19:45:39 - mmengine - INFO - Iter(test) [50/50]    aAcc: 90.7500 ' \
            ' mIoU: 69.1800  mAcc: 77.1300' ;;
esac
case "$*" in *FAILS*) echo 'error: told in one line'; exit 2 ;; esac
"""


@pytest.fixture
def clone(tmp_path):
    for folder in ('tools', 'env/bin'):
        (tmp_path / folder).mkdir(parents=True)
    for name in ('quickstart', 'make_env', 'dist_train'):
        shutil.copy(TOOLS / f'{name}.sh', tmp_path / 'tools')
    return tmp_path


def quickstart(clone, fails='nothing'):
    """Runs the script; returns its exit status, its lines, and the calls it made."""
    python = clone / 'env/bin/python'
    python.write_text(PYTHON.replace('FAILS', fails))
    python.chmod(0o755)
    (clone / 'calls.txt').write_text('')
    done = subprocess.run(
        ['bash', clone / 'tools/quickstart.sh'],
        env=os.environ | dict(VENV=str(clone / 'env')),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout.splitlines(), (clone / 'calls.txt').read_text()


def test_it_draws_trains_tests_and_says_where_all_is(clone):
    status, lines, calls = quickstart(clone)
    assert status == 0
    scripts = ('draw_scenes.py', 'launch.py dist_train configs/hrvit_quickstart.py 2',
               '/test.py', 'show_predictions.py', 'plot_run.py')  # fmt: skip
    places = [calls.index(script) for script in scripts if script in calls]
    assert len(places) == len(scripts)
    assert places == sorted(places)
    assert '--work-dir work_dirs/quickstart --cfg-options' in calls
    assert 'train_dataloader.batch_size=4' in calls
    assert (
        'test.py configs/hrvit_quickstart.py work_dirs/quickstart/iter_600.pth' in calls
    )
    assert '69.18 % mIoU' in lines[-1]
    assert 'work_dirs/quickstart/predictions.png' in lines[-1]


def test_the_screen_shows_the_gist_and_the_log_all(clone):
    lines = quickstart(clone)[1]
    assert [line for line in lines if 'iteration' in line] == [
        f'  iteration {i} of 600, loss 0.3486, 02:49 left' for i in (50, 100)
    ]
    assert '  mIoU on held-out streets: 58.49 %' in lines
    tables = [line for line in lines if line.startswith('|')]
    assert tables == ['|   sky    | 90.42 | 93.82 |']  # the test's alone
    assert 'a page of mmengine' not in lines
    assert (
        'a page of mmengine' in (clone / 'work_dirs/quickstart/train.log').read_text()
    )


def test_it_can_be_run_again(clone):
    assert quickstart(clone)[0] == 0
    status, lines, _ = quickstart(clone)
    assert status == 0
    assert lines.count('  mIoU on held-out streets: 58.49 %') == 1


@pytest.mark.parametrize(
    'step, later', [('dist_train', '/test.py'), ('draw_scenes.py', 'dist_train')]
)
def test_a_step_that_fails_stops_it_and_tells_its_error(clone, step, later):
    status, lines, calls = quickstart(clone, fails=step)
    assert status == 1
    assert 'error: told in one line' in lines
    assert 'work_dirs/quickstart/' in lines[-1]
    assert later not in calls
