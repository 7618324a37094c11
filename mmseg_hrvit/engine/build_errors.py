"""Errors in a config that appear when its parts are built, each in one line."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from types import FrameType

from mmengine.registry import Registry, build_functions

from mmseg_hrvit.errors import InputError
from mmseg_hrvit.words import one_line

from .arguments import list_arguments

UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'")
MISSING = re.compile(r'missing \d+ required [\w -]*arguments?: (.*)')
UNKNOWN = re.compile(r'(\S+) is not in the \S+::\w+ registry')
# Their constructors check what they are given.
LIBRARIES = ('torch.optim', 'mmengine.', 'mmcv.', 'mmseg.', 'mmpretrain.')


def explain(error: Exception) -> str | None:
    """Says in one line what is wrong in the config.

    It explains only mistakes in the config, not in the code.

    Args:
        error (Exception): The error that was raised while a part was built.

    Returns:
        str | None: The line; None for other errors.
    """
    frames = [
        frame
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get('__name__') == build_functions.__name__
        and 'obj_type' in frame.f_locals
    ]
    if not frames:
        return None
    if isinstance(error, KeyError):
        return explain_type(str(error.args[0]), frames[-1])
    if isinstance(error, TypeError):
        told = explain_argument(str(error), frames[-1])
        if told is not None:
            return told
    return explain_value(error, frames[-1])


def explain_type(message: str, frame: FrameType) -> str | None:
    """Says that a type is unknown, and what the nearest one is."""
    match = UNKNOWN.match(message)
    if match is None:
        return None
    return no_type(match[1], frame.f_locals['registry'])


def no_type(name: str, registry: Registry) -> str:
    """Says that a registry has no type of a name, and what the nearest one is."""
    known = list_types(registry)
    near = get_close_matches(name, known, 1) or get_close_matches(
        name.rpartition('.')[2], known, 1
    )
    return f"no type '{name}' among the {registry.name}s of the config's scope" + (
        f': did you mean {near[0]}?' if near else ': check its name and custom_imports'
    )


def list_types(registry: Registry) -> list[str]:
    """Lists the names in a registry and in those above it."""
    names = []
    while registry is not None:
        names += registry.module_dict
        registry = registry.parent
    return names


def explain_argument(message: str, frame: FrameType) -> str | None:
    """Says which argument a type does not take, or which one is missing."""
    cls, given = frame.f_locals.get('obj_cls'), frame.f_locals.get('args', {})
    if cls is None:
        return None
    unexpected, missing = UNEXPECTED.search(message), MISSING.search(message)
    if unexpected and unexpected[1] in given:
        name = unexpected[1]
        near = get_close_matches(name, list_arguments(cls) or (), 1)
        hint = f': did you mean {near[0]}?' if near else ''
        return f"{cls.__name__} takes no argument '{name}'{hint}"
    if missing and not set(re.findall(r"'(\w+)'", missing[1])) & set(given):
        return f'{cls.__name__} needs {missing[1]} in the config'
    return None


def explain_value(error: Exception, frame: FrameType) -> str | None:
    """Says what torch or an OpenMMLab package has against a value in the config."""
    *_, (last, _) = traceback.walk_tb(error.__traceback__)
    module, cls = last.f_globals.get('__name__', ''), frame.f_locals.get('obj_cls')
    if cls is None or not str(error) or not module.startswith(LIBRARIES):
        return None
    return f'{cls.__name__}: {one_line(str(error))}; see it in the config'


@contextmanager
def build_errors_told() -> Iterator[None]:
    """Turns errors that ``explain`` knows into an ``InputError``."""
    try:
        yield
    except InputError:
        raise
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        line = explain(error)
        if line is None:
            raise
        raise InputError(line) from error
