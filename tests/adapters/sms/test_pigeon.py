"""The gateway that the documentation shows does what it says there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from bridgekit import ConfigError
from bridges.sms.gateways import gateway_class
from bridges.sms.provider import ForgedError, Inbound, Outgoing, Report, Surroundings, UnusableError
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.status import Rank

NAME = "tests.adapters.sms.pigeon:Pigeon"
HOOK = "https://bridge.example.org/hook"


@asynccontextmanager
async def pigeon() -> AsyncIterator[tuple[Any, list[Any]]]:
    asked: list[Any] = []

    async def texts(request: web.Request) -> web.Response:
        asked.append((request.headers["X-Key"], await request.json()))
        return web.json_response({"id": "p1"})

    app = web.Application()
    app.router.add_post("/texts", texts)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings = ProviderSettings(provider=NAME, api_url=url, secret=SecretStr("key"))
    nothing: Any = None
    try:
        async with ClientSession() as http:
            around = Surroundings(http, HOOK, lambda: 0.0, nothing)
            yield gateway_class("pigeon", settings)(settings, around), asked
    finally:
        await runner.cleanup()


async def test_the_gateway_of_the_documentation_sends_and_believes_only_its_own() -> None:
    async with pigeon() as (one, asked):
        said = Outgoing("+1416", ("+1415",), "coo", segments("coo"), "txn-1")
        assert await one.send(said) == ("p1",)
        key, fields = asked[0]
        assert (key, fields["colour"], fields["report_to"]) == ("key", "white", f"{HOOK}?txn=txn-1")
        call = one.sample()
        one.verify(call)
        assert one.parse(call) == ()
        with pytest.raises(ForgedError):
            one.verify(replace(call, body=b"{}"))


async def test_it_tells_texts_and_reports() -> None:
    async with pigeon() as (one, _):
        call = one.sample()
        text = b'{"event": "text", "from": "+1415", "to": "+1416", "text": "hi", "id": "7"}'
        assert one.parse(replace(call, body=text)) == [Inbound("+1415", "+1416", "hi", id="7")]
        report = b'{"event": "report", "from": "+1416", "to": "+1415", "state": "sent", "id": "p1"}'
        told = one.parse(replace(call, body=report, query=(("txn", "txn-1"),)))
        assert told == [Report("p1", "+1416", "+1415", Rank.SENT, txn="txn-1")]
        with pytest.raises(UnusableError):
            one.parse(replace(call, body=b'{"event": "hatched"}'))


def test_its_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="colour"):
        gateway_class("pigeon", ProviderSettings(provider=NAME, options={"colour": "pink"}))
