"""Requests to the homeserver: what goes over the wire, and what each answer is taken for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.errors import RetryLater, Scope
from bridgekit.matrix.api import (
    AnswerLost,
    HomeserverAPI,
    HomeserverDown,
    Refused,
    TokenUnknown,
    encoded,
    made,
    meaning,
)
from bridgekit.matrix.turns import AT_ONCE
from bridgekit.richtext.canonical import sound

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
NOTHING: dict[str, str] = {}


@asynccontextmanager
async def homeserver(
    answering: Answering, path: str = "", patience: ClientTimeout | None = None
) -> AsyncIterator[HomeserverAPI]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answering)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    try:
        async with ClientSession(timeout=patience or ClientTimeout()) as session:
            yield HomeserverAPI(url, "secret", session)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("path", ["", "/", "/behind/a/proxy", "/behind/a/proxy/"])
async def test_a_request_goes_out_as_it_was_written(path):
    asked = []

    async def note(request):
        asked.append((request.method, request.raw_path, request.headers, await request.read()))
        return web.json_response({"event_id": "$e"})

    async with homeserver(note, path) as api:
        query = {"user_id": "@ü/&?=#+ %:example.org", "ts": "1"}
        answer = await api.call("PUT", "client/v3/rooms/%21a%2Fb/send/m", {"body": "ü"}, query)
    ((method, target, headers, body),) = asked
    assert answer == {"event_id": "$e"}
    assert (method, body) == ("PUT", '{"body":"ü"}'.encode())
    whose = "@%C3%BC%2F%26%3F%3D%23%2B%20%25:example.org"
    begin = path.rstrip("/")
    assert target == f"{begin}/_matrix/client/v3/rooms/%21a%2Fb/send/m?user_id={whose}&ts=1"
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Content-Type"] == "application/json"


async def test_a_read_has_no_body_and_a_wish_without_content_an_empty_object():
    bodies = []

    async def note(request):
        bodies.append(await request.read())
        return web.Response()

    async with homeserver(note) as api:
        assert [await api.call(method, "x") for method in ("GET", "POST")] == [{}, {}]
    assert bodies == [b"", b"{}"]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("half \ud83d of one", "half \ufffd of one"),
        ("two halves \ud83d\ude00", "two halves \U0001f600"),
        ("nothing \x00", "nothing \ufffd"),
        (r"a backslash \u0000", r"a backslash \u0000"),
        ("\x01\x1f\x7f", "\x01\x1f\x7f"),
    ],
)
def test_what_no_homeserver_can_store_is_made_sound(text, stored):
    content = {"body": text, "list": [{text: (text, 1, None)}]}
    assert json.loads(encoded(content)) == {"body": stored, "list": [{stored: [stored, 1, None]}]}


@given(st.text(st.characters(), max_size=20))
def test_any_text_is_sent_sound_and_sound_text_as_it_was(text):
    assert json.loads(encoded({"body": text})) == {"body": sound(text)}


@pytest.mark.parametrize(
    ("status", "answer", "headers", "reads", "kind", "after"),
    [
        (429, {"retry_after_ms": 2500}, NOTHING, False, RetryLater, 2.5),
        (429, {}, {"Retry-After": "7"}, False, RetryLater, 7.0),
        (429, {"retry_after_ms": "soon"}, {"Retry-After": "Wed, 21 Oct"}, False, RetryLater, 1.0),
        (429, {"retry_after_ms": 10**12}, NOTHING, False, RetryLater, 300.0),
        (429, {"retry_after_ms": 10**400}, NOTHING, False, RetryLater, 300.0),
        (429, {"retry_after_ms": -1}, NOTHING, False, RetryLater, 1.0),
        (429, {"retry_after_ms": 0}, NOTHING, False, RetryLater, 1.0),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, NOTHING, False, TokenUnknown, None),
        (500, {"errcode": "M_UNKNOWN"}, NOTHING, False, AnswerLost, None),
        (502, {}, NOTHING, False, AnswerLost, None),
        (404, {}, NOTHING, False, AnswerLost, None),
        (404, {}, NOTHING, True, HomeserverDown, None),
        (408, {}, NOTHING, False, AnswerLost, None),
        (502, {}, NOTHING, True, HomeserverDown, None),
        (200, {}, NOTHING, False, AnswerLost, None),
        (304, {}, NOTHING, False, AnswerLost, None),
        (200, {}, NOTHING, True, HomeserverDown, None),
    ],
)
def test_an_answer_means_what_should_happen_next(status, answer, headers, reads, kind, after):
    error = meaning(status, answer, headers, reads=reads)
    assert type(error) is kind
    assert isinstance(error, RetryLater)
    assert error.after == after
    assert (error.scope is Scope.NETWORK) == (kind is not RetryLater)


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (403, {"errcode": "M_FORBIDDEN", "error": "You are\nnot in it"}, "M_FORBIDDEN"),
        (400, {"errcode": None, "error": {"not": "a text"}}, ""),
    ],
)
def test_a_no_keeps_its_code(status, answer, code):
    error = meaning(status, answer, {}, reads=True)
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (status, code)
    assert "\n" not in str(error)


@pytest.mark.parametrize("body", ["<html>", "[]", "null", "[" * 100_000])
async def test_an_answer_that_is_none_of_matrix_leaves_a_send_in_doubt(body):
    async def proxy(_):
        return web.Response(text=body)

    async with homeserver(proxy) as api:
        with pytest.raises(AnswerLost):
            await api.call("PUT", "x", {})
        with pytest.raises(HomeserverDown):
            await api.call("GET", "x")


async def test_an_answer_that_only_points_elsewhere_is_no_yes():
    async def proxy(_):
        return web.Response(status=302)

    async with homeserver(proxy) as api:
        with pytest.raises(AnswerLost):
            await api.call("PUT", "x", {})


async def test_a_homeserver_that_is_silent_leaves_a_send_in_doubt():
    silence = asyncio.Event()

    async def hang(_):
        await silence.wait()
        return web.json_response({})

    async with homeserver(hang, patience=ClientTimeout(total=0.05)) as api:
        for method, kind in {"PUT": AnswerLost, "POST": AnswerLost, "GET": HomeserverDown}.items():
            with pytest.raises(kind, match="did not answer in time"):
                await api.call(method, "x")
        silence.set()


@pytest.mark.parametrize(
    ("method", "kind"), [("PUT", AnswerLost), ("DELETE", AnswerLost), ("POST", HomeserverDown)]
)
async def test_where_nobody_listens_only_what_aiohttp_may_have_sent_before_is_in_doubt(
    method, kind
):
    async with ClientSession() as session:
        api = HomeserverAPI("http://127.0.0.1:1", "secret", session)
        with pytest.raises(kind, match="cannot be reached") as error:
            await api.call(method, "x")
    assert "secret" not in str(error.value)


async def test_so_many_requests_are_under_way_and_the_others_wait_their_turn_without_a_limit(
    monkeypatch,
):
    monkeypatch.setattr("bridgekit.matrix.turns.SLOW", 3600.0)
    open_now, most, full, free = 0, 0, asyncio.Event(), asyncio.Event()

    async def hang(_):
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == AT_ONCE:
            full.set()
        await free.wait()
        open_now -= 1
        return web.json_response({})

    async with homeserver(hang) as api, asyncio.TaskGroup() as group:
        calls = [group.create_task(api.call("PUT", f"x/{n}")) for n in range(AT_ONCE + 20)]
        await full.wait()
        assert not any(call.done() for call in calls)
        free.set()
    assert most == AT_ONCE
    assert all(call.result() == {} for call in calls)


@pytest.mark.parametrize("answer", [{}, {"event_id": None}, {"event_id": 7}])
def test_a_yes_that_names_no_event_is_no_answer(answer):
    with pytest.raises(AnswerLost):
        made(answer)
    assert made({"event_id": "$e"}) == "$e"
