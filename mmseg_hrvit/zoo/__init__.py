"""Trained networks, by name, path, address or repository."""

from .find import find_local, find_weights
from .hashes import DIGITS, hash_of
from .hub import SCHEME, fetch
from .index import Entry, read_index
from .urls import download

__all__ = [
    'DIGITS',
    'SCHEME',
    'Entry',
    'download',
    'fetch',
    'find_local',
    'find_weights',
    'hash_of',
    'read_index',
]
