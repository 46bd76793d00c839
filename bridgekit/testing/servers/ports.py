"""Ports for servers of tests, of which no two processes that run at the same time get the same.

Nothing listens on a port while its server starts or is restarted: it must be nobody's then either.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

from bridgekit.testing.servers.process import HOST

_OURS = range(10_000, 32_000)  # Linux gives connections those from 32768 on
_BLOCK = 1_000


def free_port() -> int:
    """A loopback port that nobody listens on right now, and that no connection is given.

    A port that the system names may be that of somebody's connection when it is needed again.
    """
    while True:
        port = next(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            return port


def _block() -> Iterator[int]:
    """Over and over, those of a block that is this process's as long as it lives.

    Who holds the first port of a block has it.
    """
    for first in _OURS[::_BLOCK]:
        with socket.socket() as sign:
            try:
                sign.bind((HOST, first))
            except OSError:
                continue
            yield from cycle(range(first + 1, first + _BLOCK))
    raise OSError(
        f"All blocks of ports from {_OURS.start} to {_OURS.stop} are taken: "
        "end some of the processes that run tests here."
    )


_PORTS = _block()
