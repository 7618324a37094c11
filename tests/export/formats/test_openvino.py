"""What OpenVINO's own library asks of a process that uses it."""

import signal
import subprocess
import sys

import pytest

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


@pytest.mark.skipif(not hasattr(signal, 'SIGCHLD'), reason='a signal of POSIX')
def test_a_process_outlives_an_engine_released_by_another_thread():
    pytest.importorskip('openvino', reason='openvino is not installed')
    command = [sys.executable, '-c', RELEASED_ELSEWHERE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # -11: a signal found no stack
    assert done.stdout.endswith('lives on\n')
