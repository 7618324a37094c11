"""The file formats, one in each module.

Each module has ``write(program, path, metadata, images)`` and ``load(path, threads)``,
and imports its engine, which may not be installed: see ``open_format``.
"""

from .engine import Engine
from .table import FORMATS, load_engine, open_format

__all__ = ['FORMATS', 'Engine', 'load_engine', 'open_format']
