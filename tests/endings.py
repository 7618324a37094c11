"""How calls and commands end that must not do what they are asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hrvit_cli import Verb
from mmseg_hrvit.errors import InputError


@contextmanager
def refused(match: str = '', error: type[Exception] = InputError) -> Iterator:
    """Expects an error whose message is one line; yields what ``raises`` does."""
    with pytest.raises(error, match=match) as info:
        yield info
    assert '\n' not in str(info.value)


def refusal(function: Callable, *args, error: type[Exception] = InputError) -> str:
    """The one line of the error that a call ends with."""
    with refused(error=error) as info:
        function(*args)
    return str(info.value)


def exit_status(verb: Verb, *args) -> int:
    """The status that a command line in this process ends with."""
    with pytest.raises(SystemExit) as exit:
        verb.main([str(arg) for arg in args])
    return exit.value.code


def error_line(capture, verb: Verb, *args) -> str:
    """The one line that a command prints after a mistake of its user.

    ``capture`` is pytest's capsys or capfd.
    """
    assert exit_status(verb, *args) == 2
    (line,) = capture.readouterr().err.splitlines()
    assert line.startswith('error: ')
    return line
