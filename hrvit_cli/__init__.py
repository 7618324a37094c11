"""The command ``hrvit``: verbs and their arguments.

A package of its own, since ``import mmseg_hrvit`` registers everything and with that
imports torch: help has to answer at once. What the verbs do is in ``mmseg_hrvit.cli``.
"""

from .verbs import VERBS, Verb

__all__ = ['VERBS', 'Verb']
