"""OpenVINO's files, and what its library asks of a process that uses it."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from mmengine.registry import MODELS

from export_data import SEGFORMER, SMALL_ARCH, UPERNET, build_small, small_config
from format_testers import EngineTester
from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import InferenceGraph, load_engine, read_metadata, write_network
from mmseg_hrvit.export.metadata import fix_size
from mmseg_hrvit.export.verify import TOLERANCE, largest_difference, random_batches
from reference import fill

# By default OpenVINO calculates in bfloat16 where the processor has it.
EXACT = {'INFERENCE_PRECISION_HINT': 'f32'}
RELEASED_ELSEWHERE = """
import signal, subprocess, sys, threading
import numpy as np
import openvino as ov
from openvino import opset13 as op
from mmseg_hrvit.export.formats.openvino import compile_model

signal.signal(signal.SIGCHLD, lambda *_: None)
x = op.parameter([1, 3, 8, 8], np.float32)
engines = [compile_model(ov.Model([op.relu(x)], [x]))]
assert engines[0](-np.ones((1, 3, 8, 8), np.float32)).max() == 0
last = threading.Thread(target=engines.clear)
last.start()
last.join()
subprocess.run([sys.executable, '-c', ''], check=True)
print('lives on')
"""


def sources(path, kind):
    """The kinds of nodes before those of a kind, in a file of OpenVINO."""
    import openvino as ov

    nodes = ov.Core().read_model(path).get_ops()
    return {
        node.input_value(0).get_node().get_type_name()
        for node in nodes
        if node.get_type_name() == kind
    }


class TestOpenVINO(EngineTester):
    to = 'openvino'

    @pytest.fixture(autouse=True)
    def read_by_us(self, monkeypatch):
        """OpenVINO's own way to read our networks would take minutes."""
        monkeypatch.delattr('torch.export.ExportedProgram.run_decompositions')

    def run_by_name(self, path, name, images):
        import openvino as ov

        return ov.Core().compile_model(path, 'CPU', EXACT)({'image': images})[name]

    def test_any_size_of_upernet(self, path):
        self.test_any_size(path, UPERNET)

    def test_a_single_head_in_a_short_window(self, path):
        import openvino as ov

        from mmseg_hrvit.export.formats.openvino import compile_model

        cfg = small_config(SEGFORMER)
        # Of 72 x 100 pixels branch 1 has 9 x 13, in windows of 2.
        cfg.model.backbone.arch = dict(SMALL_ARCH, head_dims=(8, 16, 8, 8))
        network, metadata = fill(MODELS.build(cfg.model)).eval(), read_metadata(cfg)
        for described in (fix_size(metadata, (72, 100)), metadata):
            trial = write_network(network, path, described, 'openvino')
            assert trial.difference <= TOLERANCE
        # A file for any size, planned for one by its user.
        (x, _) = random_batches((72, 100), 3, normalized=True)
        run = compile_model(ov.Core().read_model(path), shape=x.shape)
        planned = replace(load_engine(path), run=run)
        assert largest_difference(planned, InferenceGraph(network), [x]) < TOLERANCE

    @pytest.mark.full
    def test_int8_is_quantised(self, path):
        pytest.importorskip('nncf')
        network, metadata = build_small(SEGFORMER)
        metadata = fix_size(replace(metadata, precision='int8'), (64, 64))
        images = random_batches((64, 64), 3, normalized=True)
        trial = write_network(network, path, metadata, 'openvino', images)
        assert trial.agreement > 0.5
        assert 'FakeQuantize' in sources(path, 'Convolution')
        assert sources(path, 'MatMul') >= {'Softmax'}  # attention stays in float
        assert 'FakeQuantize' not in sources(path, 'MatMul')
        with pytest.raises(InputError, match='int8 is calibrated on images'):
            write_network(network, path, metadata, 'openvino')
        metadata = replace(metadata, size=None)
        with pytest.raises(InputError, match='only at a fixed size'):
            write_network(network, path, metadata, 'openvino', images)


@pytest.mark.skipif(not hasattr(signal, 'SIGCHLD'), reason='a signal of POSIX')
def test_a_process_outlives_an_engine_released_by_another_thread():
    pytest.importorskip('openvino', reason='openvino is not installed')
    command = [sys.executable, '-c', RELEASED_ELSEWHERE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # -11: a signal found no stack
    assert done.stdout.endswith('lives on\n')
