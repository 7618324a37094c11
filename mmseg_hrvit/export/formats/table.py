"""The formats, and what each of them needs."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from mmseg_hrvit.errors import InputError

from .engine import Engine


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        suffix (str): Suffix of its files.
        precisions (tuple[str, ...]): Precisions in which it can be written.
        to_write (tuple[str, ...]): Packages that writing needs.
        to_load (tuple[str, ...]): Packages that running needs.
    """

    suffix: str
    precisions: tuple[str, ...]
    to_write: tuple[str, ...]
    to_load: tuple[str, ...]


FORMATS = dict(
    onnx=Format(
        '.onnx',
        ('fp32', 'fp16', 'int8'),
        ('onnx', 'onnxscript', 'onnxruntime'),
        ('onnxruntime',),
    ),
    torchexport=Format('.pt2', ('fp32',), (), ()),
    openvino=Format('.xml', ('fp32', 'fp16', 'int8'), ('openvino',), ('openvino',)),
    tensorrt=Format(
        '.engine', ('fp32', 'fp16'), ('tensorrt', 'onnx', 'onnxscript'), ('tensorrt',)
    ),
)


def open_format(name: str, precision: str = 'fp32') -> ModuleType:
    """Returns a format's module, for writing.

    Args:
        name (str): A key of ``FORMATS``.
        precision (str): The precision to write. Defaults to 'fp32'.

    Returns:
        ModuleType: The module.

    Raises:
        InputError: If the format is unknown, does not have the precision, or needs a
            package that is not installed.
    """
    if name not in FORMATS:
        raise InputError(f'format {name!r} is unknown: choose {", ".join(FORMATS)}')
    form = FORMATS[name]
    if precision not in form.precisions:
        raise InputError(
            f'{name} files are written in {", ".join(form.precisions)}, not {precision}'
        )
    quantizer = ('nncf',) if precision == 'int8' else ()
    require((*form.to_write, *quantizer), f'writing {name} files in {precision}')
    return import_module(f'.{name}', __package__)


def load_engine(path: str | Path, threads: int | None = None) -> Engine:
    """Loads a file that ``write`` of a format has written.

    Args:
        path (str | Path): The file; its suffix sets the format.
        threads (int, optional): Threads of the CPU; by default the engine decides.

    Returns:
        Engine: The graph, ready to run.

    Raises:
        InputError: If there is no such file, if it is in no known format or damaged,
            if its engine is not installed, or if ``threads`` is less than 1.
    """
    path = Path(path)
    names = [name for name, form in FORMATS.items() if form.suffix == path.suffix]
    if not names:
        suffixes = ', '.join(form.suffix for form in FORMATS.values())
        raise InputError(f'{path}: is not an exported file; these end in {suffixes}')
    if not path.is_file():
        raise InputError(f'{path}: there is no such file; check the path')
    if threads is not None and threads < 1:
        raise InputError(f'threads={threads}: give 1 or more')
    require(FORMATS[names[0]].to_load, f'running {path.name}')
    return import_module(f'.{names[0]}', __package__).load(path, threads)


def require(packages: tuple[str, ...], purpose: str) -> None:
    """Raises InputError, with what to install, if a package is not there."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        names = ' '.join(missing)
        raise InputError(f'{purpose} needs {names}: `pip install {names}`')
