"""An HTTP listener of ours, on the address that the configuration gives it."""

from __future__ import annotations

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
    try:
        site: web.BaseSite
        if isinstance(listen, TCPAddress):
            site = web.TCPSite(runner, listen.host, listen.port)
        else:
            site = web.UnixSite(runner, str(listen.path))
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise AddressError(
            f"{setting}: cannot listen there: {error.strerror}; "
            f"stop what uses that address (perhaps another bridge), or {_ADVICE[setting]}"
        ) from error
    try:
        yield
    finally:
        await runner.cleanup()
