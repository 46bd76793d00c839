"""Addresses that mean something else here than elsewhere, and a homeserver that has given up."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bridgekit.clock import SystemClock
from bridgekit.store.changes import note
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, registration, replace
from tests.core.cli.instead import answering, served
from tests.core.cli.seen import found

PING = "/_matrix/app/v1/ping"
PUBLIC = "https://bridge.example.org"


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What every name is, as this machine sees it."""
    addresses: set[str] = set()

    async def resolved(_url: str) -> set[str]:
        return addresses

    monkeypatch.setattr("bridgekit.cli.doctor.hairpin.resolved", resolved)
    return addresses


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.1.1", "m.invalid is 127.0.1.1 here, which is this machine itself: see /etc/hosts."),
        ("1.1.1.1", "m.invalid is 1.1.1.1, an address of the whole Internet, and does not answer"),
    ],
)
async def test_a_public_name_that_is_something_else_inside_is_said(
    doctor: Doctor,
    connected: Path,
    homeserver: FakeHomeserver,
    resolving: set[str],
    address: str,
    words: str,
) -> None:
    resolving.add(address)
    replace(connected, homeserver.url, "https://m.invalid")
    seen = await found(doctor)
    assert words in seen["hairpin"]["text"]
    assert "http://synapse:8008" in seen["hairpin"]["fix"]
    assert "address-unreachable" in seen


async def test_a_name_inside_that_does_not_answer_is_just_not_there(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver, resolving: set[str]
) -> None:
    resolving.add("10.1.2.3")
    replace(connected, homeserver.url, "https://m.invalid")
    seen = await found(doctor)
    assert "hairpin" not in seen
    assert "address-unreachable" in seen


async def small(_request: web.Request) -> web.StreamResponse:
    """Names its headers in small letters, as hyper does (Conduit's family) and Envoy."""
    answer = web.json_response({"versions": ["v1.11"]})
    answer.headers["date"] = "Sun, 06 Nov 1994 08:49:37 GMT"
    return answer


def serving(handler: Any) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    return app


async def test_headers_in_small_letters_say_the_same(doctor: Doctor, connected: Path) -> None:
    async with served(serving(small), connected, "homeserver"):
        assert "ahead of the homeserver's" in (await found(doctor))["clock-skew"]["text"]


@pytest.mark.parametrize("to", ["/login", "https://www.example.org/", ""])
async def test_a_page_that_people_are_sent_to_is_no_address_to_write(
    doctor: Doctor, connected: Path, to: str
) -> None:
    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": to})

    async with served(serving(moved), connected, "homeserver"):
        one = (await found(doctor))["address-wrong-server"]
    assert "not as a Matrix homeserver does (HTTP 302)" in one["text"]
    assert "Write homeserver.url" not in one["fix"]


@pytest.mark.usefixtures("world")
async def test_of_a_public_address_that_nobody_here_reaches_the_homeserver_is_asked(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver, resolving: set[str]
) -> None:
    homeserver.load_registration(registration(connected))
    resolving.add("1.1.1.1")
    replace(connected, f"public_url: {PUBLIC}", "public_url: https://b.invalid")
    seen = await found(doctor)
    assert "Whether the world reaches it, ask from elsewhere." in seen["hairpin"]["fix"]
    assert "public-url" not in seen, "what the world reaches is not known from here"


@pytest.mark.usefixtures("world", "resolving")
async def test_a_homeserver_that_makes_previews_says_how_it_looks_from_there(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver
) -> None:
    loaded = registration(connected)
    replace(connected, f"public_url: {PUBLIC}", "public_url: https://b.invalid")
    own, real = loaded["url"], homeserver.url
    homeserver.load_registration(loaded)

    async def answer(request: web.Request) -> web.Response:
        """The homeserver, which reaches the public name, where we do not."""
        asked = request.query.get("url", "")
        async with ClientSession() as session:
            if request.path.endswith("/preview_url"):
                await (await session.get(asked.replace("https://b.invalid", own))).read()
                return web.json_response({})
            headers = {"Authorization": request.headers.get("Authorization", "")}
            url, body = f"{real}{request.path_qs}", await request.read()
            async with session.request(request.method, url, headers=headers, data=body) as said:
                return web.Response(
                    status=said.status,
                    body=await said.read(),
                    content_type="application/json",
                )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with served(app, connected, "homeserver"):
        text = (await doctor()).stdout
    assert "What the homeserver asks at https://b.invalid arrives here." in text


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.132.0", "; the ping has made Synapse 1.132.0 send at once what it has kept."),
        ("1.99.0", "; it sends what it has kept in 512 s at the latest."),
    ],
)
async def test_when_a_homeserver_that_gave_up_tries_again_is_said(
    doctor: Doctor,
    homeserver: FakeHomeserver,
    connected: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    words: str,
) -> None:
    async def program(*_: Any) -> tuple[str, str]:
        return "Synapse", version

    monkeypatch.setattr("bridgekit.cli.doctor.callback.program", program)
    homeserver.load_registration(registration(connected))
    homeserver.fail("POST", "/ping", status=502, errcode="M_BAD_STATUS")
    assert (await found(doctor))["hs-backoff"]["text"].endswith(words)


async def test_of_a_bridge_that_runs_the_time_that_is_left_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    async def began(rows: Rows) -> None:
        ago = SystemClock().now().timestamp() - 500
        await rows.write(note(int(ago * 1000), "start"))

    homeserver.load_registration(registration(connected))
    await asyncio.to_thread(fill, began)
    asked = time.monotonic()
    homeserver.fail("POST", "/ping", status=502, errcode="M_CONNECTION_FAILED")
    async with served(answering(PING, 200), connected, "bridge"):
        text = (await found(doctor))["hs-backoff"]["text"]
    passed = time.monotonic() - asked
    left = int(text.rpartition(" in ")[2].partition(" s ")[0])
    assert 12 - passed - 1 <= left <= 12, text
