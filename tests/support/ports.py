"""Ports for servers that are started with one, and for addresses where nobody answers.

They lie below those that the system gives to every connection that goes out and to whoever asks for any. Each process
begins at a place of its own and takes no port twice before it has gone round, so that what was free is still free when
the server gets there, also beside other test runs.
"""

import os
import socket
from contextlib import suppress
from itertools import count
from typing import Final

_FIRST: Final = 20_000
_COUNT: Final = 12_000
_STRIDE: Final = 397
"""So far apart begin processes that were started one after the other; 12,000 is no multiple of it."""


_places = count(os.getpid() * _STRIDE)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on right now."""
    for place in _places:
        port = _FIRST + place % _COUNT
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the places never end")
