"""Vonage's secret stays out of addresses, which errors quote."""

from __future__ import annotations

import asyncio
from base64 import b64encode

from aiohttp import ClientSession
from pydantic import SecretStr

from bridgekit import Severity
from bridges.sms.doctor import examine
from bridges.sms.provider import Surroundings
from bridges.sms.providers.vonage import Vonage
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import settings


async def test_the_secret_is_in_no_address_and_in_nothing_that_doctor_says() -> None:
    """Also where something answers that speaks no HTTP: that error quotes the whole address."""
    heads: list[str] = []

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"220 mail.example.org ESMTP\r\n\r\n")
        writer.close()

    async with (
        await asyncio.start_server(answered, "127.0.0.1", 0) as server,
        ClientSession() as http,
    ):
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        account = ProviderSettings(user="key", secret=SecretStr("hidden"), api_url=url)
        around = Surroundings(http, "", lambda: 0.0, http)  # type: ignore[arg-type]  # no files here
        found = [one async for one in examine(settings(), {"main": Vonage(account, around)})]
    (head, *_) = heads
    assert head.startswith("GET /account/get-balance HTTP/1.1\r\n")
    assert f"Basic {b64encode(b'key:hidden').decode()}" in head
    assert found[0].severity is Severity.ERROR
    assert "ClientResponseError" in found[0].text
    assert not [one for one in found if "hidden" in f"{one}" or "get-balance" in f"{one}"]
