"""Layers rewritten for engines: the same functions, in forms that are fast there."""

from .rewrite import rewrite

__all__ = ['rewrite']
