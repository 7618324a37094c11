"""Networks as files and functions of inference engines."""

from .formats import FORMATS, Engine, load_engine
from .graph import OUTPUTS, GraphOptions, InferenceGraph, Reference
from .metadata import PRECISIONS, Metadata, read_metadata
from .trace import trace
from .write import Trial, write_network

__all__ = [
    'FORMATS',
    'OUTPUTS',
    'PRECISIONS',
    'Engine',
    'GraphOptions',
    'InferenceGraph',
    'Metadata',
    'Reference',
    'Trial',
    'load_engine',
    'read_metadata',
    'trace',
    'write_network',
]
