"""Choosing a format."""

import pytest

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.export import load_engine
from mmseg_hrvit.export.formats import open_format, table


def test_a_package_that_lacks_is_named(monkeypatch):
    monkeypatch.setattr(table, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match='`pip install tensorrt onnx onnxscript`'):
        open_format('tensorrt')
    with pytest.raises(InputError, match='int8 needs openvino nncf'):
        open_format('openvino', 'int8')
    assert open_format('torchexport').write


def test_what_a_format_does_not_have():
    with pytest.raises(InputError, match="format 'caffe' is unknown: choose onnx"):
        open_format('caffe')
    with pytest.raises(InputError, match='torchexport files are written in fp32'):
        open_format('torchexport', 'int8')


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match='is not an exported file'):
        load_engine(tmp_path / 'net.pth')
    with pytest.raises(InputError, match='there is no such file'):
        load_engine(tmp_path / 'net.pt2')
