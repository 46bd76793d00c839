"""An HTTP listener of ours, on the address that the configuration gives it."""

from __future__ import annotations

import asyncio
from asyncio import Server
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bridgekit.configuration.listening import TCPAddress, UnixAddress
from bridgekit.errors import AddressError

_ADVICE = {
    "appservice.listen": "name another one and give the registration the same port",
    "operations.listen": "name another one",
}


@asynccontextmanager
async def listening(
    listen: TCPAddress | UnixAddress, app: web.Application, setting: str = "appservice.listen"
) -> AsyncIterator[None]:
    """Serve inside; raises `AddressError`, which names the `setting`, if that cannot be."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 (it is set up)
    try:
        server = await _serve(listen, runner.server)
    except OSError as error:
        await runner.cleanup()
        raise AddressError(
            f"{setting}: cannot listen there: {error.strerror}; "
            f"stop what uses that address (perhaps another bridge), or {_ADVICE[setting]}"
        ) from error
    try:
        yield
    finally:
        await _close(server)
        await runner.cleanup()


async def _serve(listen: TCPAddress | UnixAddress, handler: web.Server) -> Server:
    loop = asyncio.get_running_loop()
    if isinstance(listen, TCPAddress):
        return await loop.create_server(handler, listen.host, listen.port)
    return await loop.create_unix_server(handler, str(listen.path))


async def _close(server: Server) -> None:
    """Let nobody else in, and lose nobody who is being let in: asyncio leaves their socket open.

    https://github.com/python/cpython/issues/109564
    """
    loop = asyncio.get_running_loop()
    for socket in server.sockets:
        loop.remove_reader(socket)
    await asyncio.sleep(0)  # who has been accepted has a connection now, which is closed in order
    server.close()
