"""The fake tells the app what Slack would: signed, repeated, over calls and over sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError, web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.fake import SECRET, FakeSlack
from bridges.slack.fake.person import Person
from tests.adapters.slack.conftest import ROOM, TEAM

JSON = dict[str, Any]


class App:
    """Something that Slack calls; answers with `statuses`, then with 200."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.more = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        async with self.more:
            self.calls.append((dict(request.headers), await request.read()))
            self.more.notify_all()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self.more:
            await self.more.wait_for(condition)

    def events(self) -> list[JSON]:
        return [json.loads(body)["event"] for _, body in self.calls]


@asynccontextmanager
async def called(slack: FakeSlack) -> AsyncIterator[App]:
    app, site = App(), web.Application()
    site.add_routes([web.post("/", app.answer)])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.delivery.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield app
    finally:
        await runner.cleanup()


async def test_what_people_do_is_told_in_order_and_signed(slack: FakeSlack) -> None:
    bob = Person(slack, TEAM, "bob")
    async with called(slack) as app:
        ts = bob.says(ROOM, "hello")
        bob.does("chat.update", channel=ROOM, ts=ts, text="hello!")
        bob.does("reactions.add", channel=ROOM, timestamp=ts, name="wave")
        bob.does("chat.delete", channel=ROOM, ts=ts)
        await app.until(lambda: len(app.calls) == 5)
    kinds = [(one["type"], one.get("subtype")) for one in app.events()]
    assert kinds == [
        ("member_joined_channel", None),
        ("message", None),
        ("message", "message_changed"),
        ("reaction_added", None),
        ("message", "message_deleted"),
    ]
    verifier = SignatureVerifier(SECRET)
    assert all(verifier.is_valid_request(body, headers) for headers, body in app.calls)


async def test_what_is_not_answered_is_told_again_with_its_number(slack: FakeSlack) -> None:
    async with called(slack) as app:
        slack.delivery.again = (0.0,)
        app.statuses = [200, 500]
        Person(slack, TEAM, "bob").says(ROOM, "hello")
        await app.until(lambda: len(app.calls) == 3)
    first, again = app.calls[1:]
    assert json.loads(first[1])["event_id"] == json.loads(again[1])["event_id"]
    assert (first[0].get("X-Slack-Retry-Num"), again[0]["X-Slack-Retry-Num"]) == (None, "1")


async def test_the_metadata_of_a_post_is_for_histories_only(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    metadata = {"event_type": "x", "event_payload": {"txn": "1"}}
    async with called(slack) as app:
        await web.chat_postMessage(channel=ROOM, text="x", metadata=metadata)
        await app.until(lambda: len(app.calls) == 1)
    assert "metadata" not in app.events()[0]
    plain = await web.conversations_history(channel=ROOM)
    whole = await web.conversations_history(channel=ROOM, include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert whole["messages"][0]["metadata"] == metadata


async def test_a_socket_says_hello_and_its_ticket_is_good_once(slack: FakeSlack) -> None:
    app = AsyncWebClient(token="xapp-test", base_url=slack.api_url, retry_handlers=[])
    url = (await app.apps_connections_open(app_token="xapp-test"))["url"]
    async with ClientSession() as http, http.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(WSServerHandshakeError):
            await http.ws_connect(url)
        Person(slack, TEAM, "bob").says(ROOM, "hello")
        joined, said = await socket.receive_json(), await socket.receive_json()
        assert joined["payload"]["event"]["type"] == "member_joined_channel"
        assert said["payload"]["event"]["text"] == "hello"
        await socket.send_json({"envelope_id": said["envelope_id"]})
        await slack.disconnect("refresh_requested")
        assert (await socket.receive_json())["reason"] == "refresh_requested"


async def test_the_first_of_a_thread_leaves_a_tombstone(slack: FakeSlack) -> None:
    bob = Person(slack, TEAM, "bob")
    root = bob.says(ROOM, "a long story")
    bob.says(ROOM, "in the thread", thread_ts=root)
    async with called(slack) as app:
        bob.does("chat.delete", channel=ROOM, ts=root)
        await app.until(lambda: len(app.calls) == 1)
    (event,) = app.events()
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
