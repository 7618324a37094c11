"""Which names of this machine a server answers to."""

import socket
from collections.abc import Sequence
from contextlib import suppress

ANYWHERE = ('0.0.0.0', '::')
LOCAL = ('localhost', '127.0.0.1', '[::1]')


def trusted_hosts(host: str, allowed: Sequence[str] = ()) -> list[str]:
    """Lists the names that requests may call this machine.

    A page elsewhere can lead its own name to this machine; the browser then lets it
    read what the server answers. So a server answers to its own names alone.

    Args:
        host (str): Where it listens. At all addresses, it answers to the machine's
            names and addresses.
        allowed (Sequence[str]): Further names, such as a proxy's; '*.NAME' is all
            below NAME, '*' any. Defaults to ().

    Returns:
        list[str]: The names, as they stand in a ``Host`` header.
    """
    own = [host]
    if host in ANYWHERE:
        own = [socket.gethostname(), socket.getfqdn()]
        with suppress(OSError):
            own += [info[4][0] for info in socket.getaddrinfo(own[0], None)]
    return sorted({bracketed(name) for name in (*LOCAL, *own, *allowed)})


def bracketed(name: str) -> str:
    """Writes an IPv6 address as a ``Host`` header has it."""
    is_bare = ':' in name and not name.startswith('[')
    return f'[{name.partition("%")[0]}]' if is_bare else name
