"""Servers whose users `permissions` names: does ours reach them, and do they reach ours."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridgekit.cli.asking import Answer
from bridgekit.cli.doctor import srv
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, registration, replace
from tests.core.cli.instead import served
from tests.core.cli.seen import found

THERE = "far.test"
VERSION = "/_matrix/federation/v1/version"
KNOWN = "/.well-known/matrix/server"
Web = dict[str, Answer]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> Web:
    """What the world answers, by URL; nobody is asked but this. Our own server is well."""
    answers: Web = {f"https://example.org:8448{VERSION}": Answer(200, {})}

    async def fetched(_session: Any, url: str, **_how: Any) -> Answer:
        return answers.get(url, Answer(0, None, "Connection refused"))

    monkeypatch.setattr("bridgekit.cli.doctor.federation.fetched", fetched)
    monkeypatch.setattr("bridgekit.cli.doctor.federation.located", lambda _server: [])
    return answers


@pytest.fixture
def named(connected: Path, homeserver: FakeHomeserver) -> Path:
    """A configuration that names users of another server, and is all right otherwise."""
    homeserver.load_registration(registration(connected))
    replace(connected, ": admin", f": admin\n  {THERE}: user")
    return connected


@pytest.mark.usefixtures("named")
async def test_a_server_that_nobody_reaches_is_said(doctor: Doctor) -> None:
    one = (await found(doctor))["remote-users"]
    assert one["text"].startswith(f"permissions names {THERE}: it is reached by {THERE}, which")
    assert "Connection refused" in one["text"]
    assert "https://federationtester.matrix.org" in one["fix"]


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    "answers",
    [
        {f"https://{THERE}:8448{VERSION}": Answer(200, {})},
        {
            f"https://{THERE}{KNOWN}": Answer(200, {"m.server": "hs.far.test:443"}),
            f"https://hs.far.test:443{VERSION}": Answer(200, {}),
        },
        {
            f"https://{THERE}{KNOWN}": Answer(301, None, headers={"Location": "https://w/x"}),
            "https://w/x": Answer(200, {"m.server": "hs.far.test:1"}),
            f"https://hs.far.test:1{VERSION}": Answer(200, {}),
        },
    ],
)
async def test_a_server_is_found_where_it_says_that_it_is(
    doctor: Doctor, world: Web, answers: Web
) -> None:
    world.update(answers)
    assert "remote-users" not in await found(doctor)


@pytest.mark.usefixtures("named")
async def test_a_server_that_only_dns_names_is_found(
    doctor: Doctor, world: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.cli.doctor.federation.located", lambda server: [f"s.{server}:7"])
    world[f"https://s.{THERE}:7{VERSION}"] = Answer(200, {})
    assert "remote-users" not in await found(doctor)


@pytest.mark.usefixtures("named")
async def test_our_own_server_must_be_reached_too(doctor: Doctor, world: Web) -> None:
    world.clear()
    world[f"https://{THERE}:8448{VERSION}"] = Answer(200, {})
    one = (await found(doctor))["remote-users"]
    assert "who reach example.org by example.org, which does not answer" in one["text"]


async def test_where_nobody_of_another_server_is_named_nobody_is_asked(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, world: Web
) -> None:
    homeserver.load_registration(registration(connected))
    world.clear()
    assert "remote-users" not in await found(doctor)


@pytest.mark.parametrize(
    ("status", "said", "reached"),
    [
        (502, {"errcode": "M_UNKNOWN", "error": "Failed to fetch profile"}, False),
        (403, {"errcode": "M_FORBIDDEN", "error": "Federation denied with far.test."}, False),
        (404, {"errcode": "M_NOT_FOUND", "error": "Profile was not found"}, True),
        (200, {"displayname": "Far"}, True),
    ],
)
async def test_our_homeserver_itself_says_whether_it_reaches_them(
    doctor: Doctor, named: Path, status: int, said: dict[str, str], *, reached: bool
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/profile/@bridgekit-doctor:far.test"):
            return web.json_response(said, status=status)
        if request.path.endswith("/federation/v1/version"):
            return web.json_response({"server": {"name": "Synapse", "version": "1.157.1"}})
        if request.path.endswith("/versions"):
            return web.json_response({"versions": ["v1.11"]})
        return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with served(app, named, "homeserver"):
        seen = await found(doctor)
    assert ("remote-users" not in seen) == reached
    if not reached:
        assert f"the homeserver does not reach it (HTTP {status}" in seen["remote-users"]["text"]


def question(data: bytes) -> bytes:
    """The name that is asked for, as it stands in the question."""
    return data[12 : data.index(b"\0", 12) + 5]


def answering(*records: tuple[int, int, int, str]) -> Any:
    """A name server with these records of `_matrix._tcp`, and none of any other service."""

    def reply(data: bytes) -> bytes:
        asked = question(data)
        known = records if asked.startswith(b"\x07_matrix\x04_tcp") else ()
        head = struct.pack("!6H", *struct.unpack_from("!H", data), 0x8180, 1, len(known), 0, 0)
        body = b""
        for priority, weight, port, host in known:
            labels = b"".join(bytes([len(one)]) + one.encode() for one in host.split("."))
            # The host goes on with the domain of the question: a pointer.
            target = labels + struct.pack("!H", 0xC000 | (12 + len(b"\x07_matrix\x04_tcp")))
            record = struct.pack("!3H", priority, weight, port) + target
            body += struct.pack("!H2HIH", 0xC00C, 33, 1, 60, len(record)) + record
        return head + asked + body

    return reply


class _NameServer(asyncio.DatagramProtocol):
    def __init__(self, reply: Any) -> None:
        self._reply = reply

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._transport.sendto(self._reply(data), address)


@pytest.fixture
async def resolver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[_NameServer]]:
    """The one name server of this machine; what it replies is put into the list."""
    served: list[_NameServer] = [_NameServer(answering())]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Passing(served), local_addr=("127.0.0.1", 0)
    )
    conf = tmp_path / "resolv.conf"
    conf.write_text("# ours\nsearch x\nnameserver 127.0.0.1\n")
    monkeypatch.setattr(srv, "RESOLVERS", conf)
    monkeypatch.setattr(srv, "PORT", transport.get_extra_info("sockname")[1])
    monkeypatch.setattr(srv, "_PATIENCE", 1.0)
    yield served
    transport.close()


class _Passing(_NameServer):
    """Replies as the first of a list does just now."""

    def __init__(self, served: list[_NameServer]) -> None:
        super().__init__(None)
        self._served = served

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._transport.sendto(self._served[0]._reply(data), address)


async def located() -> list[str]:
    return await asyncio.to_thread(srv.located, THERE)


async def test_records_are_read_in_the_order_in_which_they_are_wanted(
    resolver: list[_NameServer],
) -> None:
    resolver[0] = _NameServer(answering((20, 0, 3, "c"), (10, 1, 2, "b"), (10, 9, 1, "a")))
    assert await located() == ["a.far.test:1", "b.far.test:2", "c.far.test:3"]
    resolver[0] = _NameServer(answering())
    assert await located() == []


def broken() -> Iterator[bytes]:
    yield b""
    yield b"\0" * 11
    yield struct.pack("!6H", 0, 0x8180, 0, 500, 0, 0)
    yield struct.pack("!6H", 0, 0x8180, 0, 1, 0, 0) + b"\xc0\x0c"
    yield struct.pack("!6H", 0, 0x8180, 0, 1, 0, 0) + b"\x05abc"


@pytest.mark.parametrize("rest", list(broken()))
async def test_an_answer_that_is_none_is_as_no_answer(
    resolver: list[_NameServer], rest: bytes
) -> None:
    resolver[0] = _NameServer(lambda data: data[:2] + rest[2:])
    assert await located() == []


async def test_without_a_name_server_there_is_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(srv, "RESOLVERS", tmp_path / "none")
    assert await located() == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        (tmp_path / "none").write_text("nameserver 127.0.0.1\n")
        monkeypatch.setattr(srv, "PORT", deaf.getsockname()[1])
        monkeypatch.setattr(srv, "_PATIENCE", 0.1)
        assert await located() == []
