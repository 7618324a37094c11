"""The program ``hrvit``: its commands (verbs) and their arguments.

This is a separate package, because ``import mmseg_hrvit`` registers everything and so
imports torch, but help has to answer at once. ``mmseg_hrvit.cli`` has what the verbs
do.
"""

from .verbs import VERBS, Verb

__all__ = ['VERBS', 'Verb']
