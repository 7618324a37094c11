"""Which cases run by default, where many differ in size or in one switch."""

from collections.abc import Iterable

import pytest


def full_but(cases: Iterable, *always: object) -> list:
    """Marks cases for ``--full``, but those that always run."""
    return [
        case
        if case in always
        else pytest.param(*as_tuple(case), marks=pytest.mark.full)
        for case in cases
    ]


def as_tuple(case: object) -> tuple:
    """The arguments of a case."""
    return case if isinstance(case, tuple) else (case,)
