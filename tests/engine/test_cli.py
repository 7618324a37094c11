import pytest

import mmseg_hrvit
from hrvit_cli import Verb
from mmseg_hrvit.engine.cli import load_config
from mmseg_hrvit.engine.ranks import get_local_rank, get_rank
from mmseg_hrvit.errors import InputError


def load(*argv):
    return load_config(Verb('train').parse_args(argv))


def test_a_file_and_the_name_of_a_shipped_config_are_the_same(tmp_path):
    by_name = load('hrvit_b2_ade20k')
    by_path = load(mmseg_hrvit.config('hrvit_b2_ade20k'))
    assert by_name.pretty_text == by_path.pretty_text
    assert by_name.model.backbone.arch == 'b2'
    assert by_name.work_dir == 'work_dirs/hrvit_b2_ade20k'
    assert by_name.launcher == 'none'


def test_arguments_go_before_the_file(tmp_path):
    file = tmp_path / 'own.py'
    file.write_text("a = dict(b=1, c=2)\nwork_dir = 'here'\n")
    assert load(str(file)).work_dir == 'here'
    cfg = load(str(file), '--work-dir', 'there', '--cfg-options', 'a.b=3')
    assert cfg.work_dir == 'there'
    assert cfg.a == dict(b=3, c=2)


@pytest.mark.parametrize(
    'name, message',
    [
        ('configs/nowhere.py', 'no config file .*/configs/nowhere.py'),
        ('hrvit_b2_ade20', "no config is called 'hrvit_b2_ade20': .*hrvit_b2_ade20k"),
    ],
)
def test_a_config_that_is_not_there(name, message):
    with pytest.raises(InputError, match=message):
        load(name)


def test_only_the_launcher_of_slurm_takes_the_numbers_of_its_tasks(monkeypatch):
    for name in ('RANK', 'LOCAL_RANK'):
        monkeypatch.setenv(name, '0')  # restored at the end
        monkeypatch.delenv(name)
    monkeypatch.setenv('SLURM_PROCID', '5')
    monkeypatch.setenv('SLURM_LOCALID', '1')
    load('hrvit_b1_camvid')  # one of several runs that srun has started
    assert (get_rank(), get_local_rank()) == (0, 0)
    load('hrvit_b1_camvid', '--launcher', 'slurm')
    assert (get_rank(), get_local_rank()) == (5, 1)


def test_shortcuts_change_the_config():
    argv = ['--crop', '64', '96', '--classes', 'road', 'car', '--compile']
    cfg = load('hrvit_b1_camvid', *argv)
    steps = {step.type: step for step in cfg.train_dataloader.dataset.pipeline}
    assert tuple(steps['RandomCrop'].crop_size) == (64, 96)
    assert cfg.model.decode_head.num_classes == 2
    assert [*cfg.train_dataloader.dataset.metainfo.classes] == ['road', 'car']
    (form,) = (h for h in cfg.custom_hooks if h['type'] == 'mmseg_hrvit.FormHook')
    assert form['compile'] is True
    assert 'compile' not in str(load('hrvit_b1_camvid').custom_hooks)
