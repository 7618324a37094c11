"""Hiding lines of other packages that are known to be harmless.

Each line is matched by its text, and by its module if Python gives it. Everything else
is shown.
"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

# Message (a regular expression from its start) and module of warnings.
HARMLESS = (
    # None of the networks here has a deformable attention.
    ('Fail to import ``MultiScaleDeformableAttention``', r'mmcv\.'),
    # SegFormer's authors average over all pixels, too.
    ('Default ``avg_non_ignore`` is False', r'mmseg\.'),
    # The hook draws only with --show-dir.
    ('The draw is False', r'mmseg\.'),
    # mmengine adds the axis that mmseg's label maps lack.
    ('The shape of value will convert from', r'mmengine\.'),
    # What keeps the buckets of a deterministic run (see CheckedRunner).
    ('find_unused_parameters=True was specified', ''),
    # A gradient of a 1 x 1 convolution in channels_last; it costs a copy.
    ('Grad strides do not match bucket view strides', ''),
)
# Printed when mmseg and mmpretrain are imported: they look for a service's client.
PRINTED = 'Could not import OneDL\n'


def ignore_harmless_warnings() -> None:
    """Adds filters for ``HARMLESS`` to those of Python."""
    for message, module in HARMLESS:
        warnings.filterwarnings('ignore', message=message, module=module)


@contextmanager
def imports_quiet() -> Iterator[None]:
    """Imports other packages without ``PRINTED``; the rest is printed at the end."""
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        sys.stdout.write(printed.getvalue().replace(PRINTED, ''))


@contextmanager
def logger_quiet(name: str) -> Iterator[None]:
    """Disables a logger of another package, for a call whose errors are told here."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
