"""An HTTP listener that closes."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import suppress

from aiohttp import web

from bridgekit.configuration.listening import TCPAddress
from bridgekit.testing.servers import free_port
from bridgekit.web.listening import listening


async def test_who_is_let_in_as_it_closes_leaves_no_socket():
    """A socket that is left would end as a `ResourceWarning`, which fails here as any warning."""
    for turns in range(5):
        port = free_port()
        async with listening(TCPAddress("127.0.0.1", port), web.Application()):
            caller = socket.create_connection(("127.0.0.1", port))
            for _ in range(turns):  # it is accepted in one, and has a connection in the next
                await asyncio.sleep(0)
        with caller:
            caller.settimeout(60)
            with suppress(ConnectionResetError):  # it was never accepted
                assert caller.recv(1) == b""
        gc.collect()
