"""What Slack may tell, over either transport: stored or set aside, and talk goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import WSMsgType
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bridgekit.errors import BridgekitError
from bridgekit.richtext import canonical, to_html
from bridges.slack import convert
from bridges.slack.calls import Calls
from bridges.slack.ids import Sight
from bridges.slack.signature import sign
from bridges.slack.sockets import SocketMode
from tests.adapters.slack.conftest import TEAM
from tests.adapters.slack.test_signing_in import NOW
from tests.core.richtext.test_properties import check
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent
from tests.fuzz.slack_said import MESSAGE, PAYLOAD
from tests.fuzz.slack_workspace import Workspace, at_work


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with at_work() as workspace:
        yield workspace


@tries(40)
@given(st.lists(PAYLOAD, max_size=4))
def test_whatever_slack_tells_is_stored_or_set_aside(workspace: Workspace, told: list[Any]) -> None:
    async def taken() -> None:
        for payload in told:
            await workspace.take(payload)
            workspace.forget()
        await workspace.well()

    workspace.run(taken())


@tries(40)
@given(MESSAGE | st.dictionaries(TEXT, ANYTHING, max_size=3))
@example({"files": [{"url_private": "x", "duration_ms": 10**400}]})
def test_whatever_is_posted_is_shown_as_html_that_is_sound(found: Any) -> None:
    check(to_html(canonical(convert.message(found, Sight(TEAM)).text), lambda _: None))


# How it is told.

_FRAMES = bent(
    {
        "type": st.sampled_from(["hello", "disconnect", "events_api", "slash_commands"]),
        "envelope_id": TEXT,
        "reason": st.sampled_from(["warning", "link_disabled", "too_many_websockets"]),
        "payload": PAYLOAD,
    }
)
_DATA = (_FRAMES | ANYTHING).map(json.dumps) | TEXT


class Socket:
    """Brings frames, and keeps what is sent."""

    def __init__(self, frames: list[str]) -> None:
        self._frames, self.sent = iter(frames), list[Any]()

    def __aiter__(self) -> Socket:
        return self

    async def __anext__(self) -> Any:
        for frame in self._frames:
            return SimpleNamespace(type=WSMsgType.TEXT, data=frame)
        raise StopAsyncIteration

    async def send_json(self, value: Any) -> None:
        self.sent.append(value)


@tries(30)
@given(st.lists(_DATA, max_size=5))
@example(["[" * 100_000])
def test_any_frame_is_taken_acknowledged_or_passed_over(frames: list[str]) -> None:
    async def listened() -> None:
        taken: list[Any] = []

        async def take(payload: Any) -> None:
            taken.append(payload)

        nothing: Any = None
        mode = SocketMode(nothing, nothing, 1, take, lambda: None)
        socket, tasks = Socket(frames), SimpleNamespace(create_task=lambda one: one.close())
        with suppress(BridgekitError):
            await mode._listen(socket, tasks)  # type: ignore[arg-type]  # doubles
        assert all(one["envelope_id"] for one in socket.sent)
        assert len(taken) <= len(socket.sent)
        assert mode._open == 0

    asyncio.run(listened())


@tries(30)
@given(st.binary(max_size=60) | (PAYLOAD | ANYTHING).map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"type": "url_verification", "challenge": 1}')
def test_any_call_that_slack_has_signed_is_answered(workspace: Workspace, body: bytes) -> None:
    async def called() -> None:
        stamp = str(int(NOW))
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign("s", stamp, body)}

        async def read() -> bytes:
            return body

        calls = Calls("s", workspace.adapter._deliveries.take, lambda: NOW)
        for headers, statuses in ((signed, (200, 400, 503)), ({}, (401,))):
            request: Any = SimpleNamespace(headers=CIMultiDict(headers), read=read)
            assert (await calls.answer(request)).status in statuses
        workspace.forget()
        await workspace.well()

    workspace.run(called())
