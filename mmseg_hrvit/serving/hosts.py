"""The host names to which a server answers."""

import socket
from collections.abc import Sequence
from contextlib import suppress

ANYWHERE = ('0.0.0.0', '::')
LOCAL = ('localhost', '127.0.0.1', '[::1]')


def trusted_hosts(host: str, allowed: Sequence[str] = ()) -> list[str]:
    """Lists the host names that requests may use.

    Another web site can point its own name at this machine; the browser then lets it
    read the server's answers (DNS rebinding). So a server answers only to its own
    names.

    Args:
        host (str): Address on which it listens. If that is all addresses, it answers to
            the machine's names and addresses.
        allowed (Sequence[str]): Further names, such as that of a proxy; '*.NAME' means
            all names below NAME, '*' any. Defaults to ().

    Returns:
        list[str]: The names, as in a ``Host`` header.
    """
    own = [host]
    if host in ANYWHERE:
        own = [socket.gethostname(), socket.getfqdn()]
        with suppress(OSError):
            own += [info[4][0] for info in socket.getaddrinfo(own[0], None)]
    return sorted({bracketed(name) for name in (*LOCAL, *own, *allowed)})


def bracketed(name: str) -> str:
    """Writes an IPv6 address as in a ``Host`` header."""
    is_bare = ':' in name and not name.startswith('[')
    return f'[{name.partition("%")[0]}]' if is_bare else name
