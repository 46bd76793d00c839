"""Files of gateways: read with the key, and the key goes nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from bridgekit import Rejected
from bridges.sms import api
from bridges.sms.provider import Surroundings
from bridges.sms.providers.twilio import Twilio
from bridges.sms.settings import ProviderSettings


class Host:
    """One that has files, and notes who asks for them."""

    def __init__(self) -> None:
        self.authorized: list[str | None] = []

    async def get(self, request: web.Request) -> web.Response:
        self.authorized.append(request.headers.get("Authorization"))
        match request.path:
            case "/file":
                return web.Response(body=b"x" * 1000)
            case "/moved":
                return web.Response(status=307, headers={"Location": "https://cdn.example.org/f"})
            case _:
                return web.Response(status=404)


@asynccontextmanager
async def twilio() -> AsyncIterator[tuple[Twilio, Host, list[str], str]]:
    host, elsewhere = Host(), list[str]()

    async def fetch(url: str) -> AsyncIterator[bytes]:
        elsewhere.append(url)
        yield b"from elsewhere"

    app = web.Application()
    app.router.add_get("/{path:.*}", host.get)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with ClientSession() as http:
        account = ProviderSettings(api_url=url, user="AC1", secret=SecretStr("t"))
        try:
            yield Twilio(account, Surroundings(http, "", lambda: 0.0, fetch)), host, elsewhere, url
        finally:
            await runner.cleanup()


async def read(gateway: Any, url: str) -> bytes:
    return b"".join([piece async for piece in gateway.download(url)])


async def test_a_file_is_read_with_the_key() -> None:
    async with twilio() as (gateway, host, _, url):
        assert await read(gateway, f"{url}/file") == b"x" * 1000
        assert host.authorized[0] is not None


async def test_the_key_goes_to_the_gateways_own_host_only() -> None:
    async with twilio() as (gateway, host, elsewhere, url):
        assert await read(gateway, f"{url}/moved") == b"from elsewhere"
        assert elsewhere == ["https://cdn.example.org/f"]
        for other in ("http://127.0.0.1:1/file", f"{url}.example.org/file", "file:///etc/passwd"):
            with pytest.raises(Rejected, match="host"):
                await read(gateway, other)
        assert len(host.authorized) == 1


async def test_a_file_that_is_gone_or_too_large_is_refused(monkeypatch) -> None:
    async with twilio() as (gateway, _, _elsewhere, url):
        with pytest.raises(Rejected, match="404"):
            await read(gateway, f"{url}/gone")
        monkeypatch.setattr(api, "LARGEST", 999)
        with pytest.raises(Rejected, match="larger"):
            await read(gateway, f"{url}/file")
