"""Which failures of a question are sure: what was never connected was never asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from bridgekit import RetryLater
from bridgekit.ids import NetworkName
from bridgekit.stand_in_host import with_no_bridge
from bridges.sms import SMSAdapter
from bridges.sms.http import ask
from tests.adapters.sms.office import settings


class Nowhere(TCPConnector):
    """A host that is switched off, behind a router that says nothing of it."""

    async def _create_connection(self, *_: Any, **__: Any) -> Any:
        await asyncio.get_running_loop().create_future()


async def test_a_connection_that_is_never_made_is_a_sure_failure() -> None:
    """Else who wrote would be told that it may have been sent, and nobody would try again."""
    timeout = ClientTimeout(total=60, connect=0.01)
    async with ClientSession(connector=Nowhere(), timeout=timeout) as http:
        with pytest.raises(RetryLater, match="cannot be reached"):
            await ask(http, "POST", "http://192.0.2.1/texts", data=b"hi")


async def test_an_answer_that_does_not_come_leaves_it_open() -> None:
    asked = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    app = web.Application()
    app.router.add_post("/texts", silent)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/texts"
    try:
        async with ClientSession(timeout=ClientTimeout(total=2.0, connect=60)) as http:
            with pytest.raises(TimeoutError):
                await ask(http, "POST", url, data=b"hi")
    finally:
        await runner.cleanup()
    assert asked.is_set()


async def test_a_connection_is_given_up_before_an_answer_is() -> None:
    provider = settings().providers["main"].model_copy(update={"provider": "kannel"})
    config = settings(providers={"main": provider}, timeout=8)
    adapter: Any = with_no_bridge(SMSAdapter, config, NetworkName("sms"), "")
    async with adapter._session() as http:
        assert http.timeout.connect < http.timeout.total == 8
