"""What the homeserver may send, and what it is answered."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO

import pytest
from aiohttp import ClientSession, web
from structlog.testing import capture_logs

from bridgekit.errors import RetryLater
from bridgekit.matrix.server import Server
from bridgekit.testing.servers import free_port

TOKEN = "hs-token-0123456789"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
TRANSACTION = "/_matrix/app/v1/transactions/1"


class Events:
    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.error: Exception | None = None

    async def accept(self, txn, body, content) -> None:
        assert isinstance(content, dict)
        if self.error is not None:
            raise self.error
        self.taken.append((txn, body))


class Listening:
    def __init__(self, url: str, server: Server, events: Events) -> None:
        self.url, self.server, self.events = url, server, events
        self.woken = 0

    async def wake(self) -> None:
        self.woken += 1

    async def ask(self, method: str, path: str, data=None, headers=HEADERS) -> tuple[int, dict]:
        async with (
            ClientSession() as session,
            session.request(method, self.url + path, data=data, headers=headers) as answer,
        ):
            return answer.status, await answer.json()


@pytest.fixture
async def listening():
    events, port = Events(), free_port()
    here = Listening(f"http://127.0.0.1:{port}", None, events)

    async def alias(name) -> bool:
        if name == "#broken:x":
            raise RetryLater("down")
        return name == "#there:x"

    async def user(name) -> bool:
        return name == "@there:x"

    here.server = Server(TOKEN, events, alias, user, on_wake=here.wake)
    runner = web.AppRunner(here.server.app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield here
    await runner.cleanup()


async def test_a_transaction_is_answered_once_it_is_stored(listening):
    assert await listening.ask("PUT", TRANSACTION, b'{"events": []}') == (200, {})
    assert listening.events.taken == [("1", '{"events": []}')]


async def test_what_could_not_be_stored_is_to_be_sent_again_and_its_text_stays_out_of_the_log(
    listening,
):
    listening.events.error = ValueError("a message body")
    with capture_logs() as logs:
        status, answer = await listening.ask("PUT", TRANSACTION, b'{"events": []}')
    assert status == 500
    assert answer["errcode"] == "M_UNKNOWN"
    assert "a message body" not in json.dumps([answer, logs])


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "M_MISSING_TOKEN"),
        ({"Authorization": ""}, 401, "M_MISSING_TOKEN"),
        ({"Authorization": "Bearer other"}, 403, "M_FORBIDDEN"),
        ({"Authorization": f"Bearer {TOKEN} "}, 200, None),
        ({"Authorization": f"Basic {TOKEN}"}, 403, "M_FORBIDDEN"),
        ({"Authorization": f"Bearer {TOKEN}x"}, 403, "M_FORBIDDEN"),
    ],
)
async def test_only_the_homeserver_may_ask(listening, headers, status, code):
    with capture_logs() as logs:
        got, answer = await listening.ask("PUT", TRANSACTION, b'{"events": []}', headers)
    assert (got, answer.get("errcode")) == (status, code)
    assert len(listening.events.taken) == (status == 200)
    assert ("registration" in json.dumps(logs)) == (status == 403)  # it says where to look
    assert TOKEN not in json.dumps(logs)


async def test_a_token_in_broken_bytes_is_another_token(listening):
    host, port = listening.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"PUT /_matrix/app/v1/transactions/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Authorization: Bearer \xff\xfe\r\nContent-Length: 2\r\n\r\n{}"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 403 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"events": [\x00]}', 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
    ],
)
async def test_what_is_no_transaction_is_refused(listening, body, status):
    got, answer = await listening.ask("PUT", TRANSACTION, body)
    assert got == status
    assert answer["errcode"].startswith("M_")
    assert listening.events.taken == []


async def test_what_is_nested_too_deeply_is_taken_so_that_it_does_not_come_for_ever(listening):
    body = b'{"events": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
    status, _ = await listening.ask("PUT", TRANSACTION, body)
    assert status == 200
    assert listening.events.taken == [("1", body.decode())]


async def test_a_transaction_of_5_mb_is_taken_and_one_without_end_is_not(listening):
    large = json.dumps({"events": ["x" * 5_000_000]}).encode()
    assert await listening.ask("PUT", TRANSACTION, BytesIO(large)) == (200, {})
    listening.server.app._client_max_size = 1000
    status, answer = await listening.ask("PUT", TRANSACTION, BytesIO(large))
    assert (status, answer["errcode"]) == (413, "M_TOO_LARGE")


@pytest.mark.parametrize("prefix", ["/_matrix/app/v1", ""])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rooms/%23there:x", 200),
        ("/rooms/%23not:x", 404),
        ("/rooms/%23broken:x", 404),
        ("/users/%40there:x", 200),
        ("/users/%40not:x", 404),
    ],
)
async def test_an_unknown_name_is_never_answered_200(listening, prefix, path, status):
    assert (await listening.ask("GET", prefix + path))[0] == status


async def test_a_ping_is_answered_and_known(listening):
    path = "/_matrix/app/v1/ping"
    assert await listening.ask("POST", path, b'{"transaction_id": "t"}') == (200, {})
    for body in (b"", b"{}", b"[]", b'{"transaction_id": 7}'):
        assert (await listening.ask("POST", path, body))[0] == 200
    assert (await listening.ask("POST", path, b"{"))[0] == 400
    assert list(listening.server.pings) == ["t"]


async def test_pings_take_no_memory_without_end(listening):
    for number in range(150):
        listening.server.pings.append(str(number))
    assert len(listening.server.pings) == 100


async def test_the_queue_is_woken_by_whoever_has_the_token(listening):
    assert await listening.ask("POST", "/_bridgekit/wake") == (200, {})
    assert (await listening.ask("POST", "/_bridgekit/wake", headers={}))[0] == 401
    wrong = {"Authorization": "Bearer x"}
    assert (await listening.ask("POST", "/_bridgekit/wake", headers=wrong))[0] == 403
    assert listening.woken == 1


async def test_a_number_that_python_cannot_hold_is_taken_so_that_it_does_not_come_for_ever(
    listening,
):
    body = b'{"events": [{"n": ' + b"1" * 5000 + b"}]}"
    assert await listening.ask("PUT", TRANSACTION, body) == (200, {})
    assert listening.events.taken == [("1", body.decode())]


async def test_a_wrong_token_is_warned_of_once_a_minute(listening):
    now = 0.0
    listening.server._monotonic = lambda: now
    warnings = []
    for now in (0.0, 59.0, 60.0):  # noqa: B007 (the clock above reads it)
        with capture_logs() as logs:
            await listening.ask("PUT", TRANSACTION, b"{}", {"Authorization": "Bearer x"})
        warnings.append(len(logs))
    assert warnings == [1, 0, 1]
