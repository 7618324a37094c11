"""What every format must pass: a new one is tested by naming it."""

from dataclasses import replace

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import MODELS

import mmseg_hrvit
from export_data import SEGFORMER, build_small, need
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import (
    FORMATS,
    InferenceGraph,
    Metadata,
    load_engine,
    read_metadata,
    write_network,
)
from mmseg_hrvit.export.formats import open_format
from mmseg_hrvit.export.metadata import fix_size
from mmseg_hrvit.export.trace import trace
from mmseg_hrvit.export.verify import TOLERANCE, largest_difference, random_batches
from reference import fill


class FormatTester:
    """Common tests; a subclass names its format, ``to``."""

    @pytest.fixture
    def path(self, tmp_path):
        """A file of the format, to be written."""
        need(self.to)
        return tmp_path / f'net{FORMATS[self.to].suffix}'

    def test_any_size(self, path, name=SEGFORMER):
        network, metadata = build_small(name)
        trial = write_network(network, path, metadata, self.to)
        assert trial.difference <= TOLERANCE
        assert trial.agreement is None
        engine = load_engine(path, threads=1)
        assert engine.metadata == metadata
        graph = InferenceGraph(network)
        rng = np.random.default_rng(1)
        for shape in ((1, 3, 90, 47), (3, 3, 225, 35)):
            x = rng.standard_normal(shape, np.float32)
            assert engine.run(x).shape[:2] == (len(x), len(metadata.classes))
            assert largest_difference(engine, graph, [x]) < TOLERANCE

    def test_a_broken_file(self, path):
        path.write_text('this is text')
        with pytest.raises(InputError, match=r'net\.'):
            load_engine(path)

    def test_a_file_that_cannot_be_meant(self, path, monkeypatch, capfd):
        network, metadata = build_small(SEGFORMER)
        program = trace(InferenceGraph(network).eval(), 3, (64, 64))
        form = open_format(self.to)
        true = replace(metadata, size=(64, 64))
        for size in [(64, 96), None]:
            wrong = replace(metadata, size=size).to_json()
            with monkeypatch.context() as patch:
                patch.setattr(Metadata, 'to_json', lambda self, wrong=wrong: wrong)
                form.write(program, path, true, [])
            with pytest.raises(InputError, match='its graph takes 3 x 64 x 64: export'):
                load_engine(path)
        form.write(program, path, true, [])
        with pytest.raises(InputError, match='threads=0: give 1 or more'):
            load_engine(path, threads=0)
        path.write_bytes(path.read_bytes()[:-1000])
        capfd.readouterr()
        with pytest.raises(InputError, match=r'net\.'):
            load_engine(path)
        assert capfd.readouterr() == ('', '')


class EngineTester(FormatTester):
    """Adds what formats share that are run by software of their own."""

    def run_by_name(self, path, name, images):
        """Runs a file, without this package, on the tensor 'image'."""
        raise NotImplementedError

    @pytest.mark.parametrize(
        ('output', 'size'), [('logits', None), ('labels', (64, 100))]
    )
    def test_tensors_have_stable_names(self, output, size, path):
        network, metadata = build_small(SEGFORMER)
        metadata = replace(metadata, output=output, size=size)
        write_network(network, path, metadata, self.to)
        images = np.zeros((2, 3, *(size or (40, 72))), np.float32)
        found = self.run_by_name(path, output, images)
        assert found.shape[0] == 2
        assert np.array_equal(found, load_engine(path).run(images))

    def test_a_fixed_size_with_all_inside(self, path):
        network, metadata = build_small(SEGFORMER)
        metadata = replace(metadata, output='labels', normalized=False)
        path = path.parent / 'deep' / path.name
        trial = write_network(network, path, fix_size(metadata, (64, 100)), self.to)
        assert trial.difference <= TOLERANCE
        (x,) = random_batches((64, 100), 3, normalized=False)[:1]
        assert load_engine(path).run(x).shape == (1, 64, 100)

    def test_half_precision_keeps_labels(self, path):
        network, metadata = build_small(SEGFORMER)
        metadata = fix_size(replace(metadata, precision='fp16'), (64, 64))
        images = random_batches((64, 64), 3, normalized=True)
        trial = write_network(network, path, metadata, self.to, images)
        assert trial.agreement > 0.8  # random weights, 150 classes
        assert trial.difference > 0

    @pytest.mark.full
    @pytest.mark.parametrize('head', ['', '_upernet'])
    @pytest.mark.parametrize('arch', ['b1', 'b2', 'b3'])
    def test_true_networks(self, arch, head, path):
        cfg = Config.fromfile(mmseg_hrvit.config(f'hrvit_{arch}{head}_ade20k'))
        network = fill(MODELS.build(cfg.model)).eval()
        trial = write_network(network, path, read_metadata(cfg), self.to)
        assert trial.difference <= TOLERANCE
