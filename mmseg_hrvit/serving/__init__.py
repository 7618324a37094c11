"""A trained network as a web page and as an HTTP endpoint."""

from .hosts import trusted_hosts
from .server import listen, serve
from .uploads import Limits

__all__ = ['Limits', 'listen', 'serve', 'trusted_hosts']
