"""The index of the models, as mim reads it, says what README and the tables say."""

import re

import pytest
import yaml
from mmengine.config import Config

from mmseg_hrvit.analysis.flops import default_shape, measure_config
from mmseg_hrvit.analysis.paper.rows import TABLES
from mmseg_hrvit.checkpoints.trained_by import find_config_name
from mmseg_hrvit.zoo import read_index
from paths import CONFIGS, ROOT

IMPORTED = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Import']
FILES = [yaml.safe_load((ROOT / path).read_text()) for path in IMPORTED]
COLLECTIONS = {c['Name']: c for file in FILES for c in file['Collections']}
ALL = {model['Name']: model for file in FILES for model in file['Models']}
TRAINED = {name: model for name, model in ALL.items() if 'Weights' in model}
MODELS = {name: model for name, model in ALL.items() if name not in TRAINED}
ROWS = {row.config: (table, row) for table in TABLES for row in table.rows}


def readme_rows():
    """The README's results: config -> params, GFLOPs and the paper's mIoU."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    rows = re.findall(r'^\| `(hrvit_\w+)` \|(.*)\|$', text, flags=re.M)
    cells = {name: [cell.strip() for cell in row.split('|')] for name, row in rows}
    return {name: (row[2], row[4], row[5]) for name, row in cells.items()}


README = readme_rows()


def as_printed(value, figure):
    """A number with as many digits as a printed one has."""
    return f'{value:.{len(figure.partition(".")[2])}f}'


def test_it_has_every_result_of_the_readme_and_no_other():
    assert len(README) == 9
    assert MODELS.keys() == README.keys()


def test_the_collection_is_the_paper():
    (collection,) = COLLECTIONS.values()
    paper = (ROOT / 'README.md').read_text(encoding='utf-8')
    title = re.search(r'title=\{(.*)\}', paper)[1]
    assert collection['Paper']['Title'] == title
    assert collection['Paper']['URL'].startswith('https://arxiv.org/abs/')
    assert (ROOT / collection['README']).is_file()


@pytest.mark.parametrize('name', MODELS)
def test_a_model_is_its_row(name):
    model = MODELS[name]
    table, row = ROWS[name]
    assert model['In Collection'] in COLLECTIONS
    assert model['Config'] == f'configs/{name}.py'
    (result,) = model['Results']
    assert result['Dataset'] == model['Metadata']['Training Data'] == table.dataset
    # The paper's figure, marked as such; there are no weights that have it.
    assert result['Metrics'] == {'mIoU(paper)': float(row.miou)}
    assert README[name][2] == row.miou


@pytest.mark.parametrize('name', MODELS)
def test_a_model_is_its_config(name):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    data = MODELS[name]['Metadata']
    part = measure_config(cfg, default_shape(cfg))
    assert (data['Parameters'], data['FLOPs']) == (part.params, part.macs.paper)
    params, gflops, _ = README[name]
    assert as_printed(data['Parameters'] / 1e6, params) == params
    assert as_printed(data['FLOPs'] / 1e9, gflops) == gflops
    assert data['Batch Size'] == cfg.auto_scale_lr.base_batch_size
    head = 'UPerNet' if 'upernet' in name else 'SegFormer'
    assert data['Architecture'] == [f'HRViT-{cfg.model.backbone.arch}', head]


@pytest.mark.parametrize('name', TRAINED)
def test_a_trained_model_is_its_weights(name):
    model, entry = TRAINED[name], read_index()[name]
    assert ROOT / model['Weights'] == entry.check()
    config = find_config_name(entry.path)
    assert model['Config'] == f'configs/{config}.py'
    cfg = Config.fromfile(CONFIGS / f'{config}.py')
    part = measure_config(cfg, default_shape(cfg))
    data = model['Metadata']
    assert (data['Parameters'], data['FLOPs']) == (part.params, part.macs.paper)
    assert data['Batch Size'] == cfg.train_dataloader.batch_size
    (result,) = model['Results']
    assert result['Metrics'] == {'mIoU': entry.miou}
    assert result['Dataset'] == data['Training Data'] == entry.data


def test_mim_reads_it():
    modelindex = pytest.importorskip('modelindex', reason='needs model-index')
    index = modelindex.load(str(ROOT / 'model-index.yml'))
    index.build_models_with_collections()
    assert {model.name for model in index.models} == ALL.keys()
    for model in index.models:
        assert model.metadata.parameters == ALL[model.name]['Metadata']['Parameters']
        assert model.in_collection == 'HRViT'
