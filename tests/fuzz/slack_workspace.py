"""A fake Slack with the app in a channel, which outlives all the cases of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import pytest
from aiohttp import ClientError

from bridgekit import ChatID, Login, LoginID, Raw, RetryLater
from bridgekit.codec import dump, load
from bridgekit.errors import BridgekitError
from bridges.slack import SlackAdapter
from bridges.slack.client import SlackClient
from bridges.slack.fake import Channel, fake_slack
from bridges.slack.manifest import BOT_SCOPES
from bridges.slack.refusals import InDoubt
from bridges.slack.web_api import WebAPI
from tests.adapters.slack.conftest import ROOM, TEAM
from tests.adapters.slack.test_signing_in import Kept, config

LOGIN = Login(LoginID("slack:bot"), None, {"token": "xoxb-test"}, relay=True)
CHAT = ChatID(f"{TEAM}/{ROOM}")
ENDS = (BridgekitError, InDoubt, ClientError, OSError, TimeoutError)  # of what was asked of Slack


class Host(Kept):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []
        self.aside: list[bytes] = []

    def logins(self) -> list[Login]:
        return [LOGIN]

    async def receive(self, login: LoginID, *events: Any, cursor: str | None = None) -> None:
        del login, cursor
        self.events += events

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        del login
        assert "\n" not in why
        self.aside.append(body)

    async def user_changed(self, *_: Any) -> None: ...
    def chats_changed(self, *_: Any) -> None: ...
    def state(self, *_: Any) -> None: ...


class Workspace:
    """`host` is whom the app's deliveries are stored with, `client` its login."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.run, self.stack, self.host = runner.run, AsyncExitStack(), Host()
        self.client: SlackClient
        self.count = 0

    async def begin(self) -> None:
        self.slack = await self.stack.enter_async_context(fake_slack())
        bot = self.slack.state.install(TEAM, "xoxb-test", BOT_SCOPES)
        room = Channel(ROOM, "room", members=[bot.user])
        self.slack.state.workspace(TEAM).channels[ROOM] = room
        self.adapter = SlackAdapter(config(self.slack), self.host)
        self.client = await self.stack.enter_async_context(self.adapter.connect(LOGIN))
        self.client.begun = True

    async def take(self, payload: Any) -> None:
        with suppress(RetryLater):
            await self.adapter._deliveries.take(payload)

    async def well(self) -> None:
        """All that was stored can be read again, and what needs a look gets it."""
        for event in self.host.events:
            if isinstance(event, Raw):
                with suppress(*ENDS):
                    for found in await self.client.convert(event):
                        assert load(dump(found)).content == found.content
            else:
                assert load(dump(event)).content == event.content
        self.host.events.clear()
        self.count += 1
        event = {"type": "message", "channel": ROOM, "user": "U0BOB", "text": "still here"}
        event |= {"ts": f"{self.count}.000001"}
        told = {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{self.count}"}
        await self.take({**told, "event": event})
        assert [one.id for one in self.host.events] == [f"{self.count}.000001"]
        self.host.events.clear()

    def forget(self) -> None:
        """What an event may have said of the connection itself."""
        self.client.gone = False
        self.adapter._deliveries.hearing.deaf.clear()


@contextmanager
def answering(*answers: Any) -> Iterator[None]:
    """Slack answers these, then nothing."""
    left = iter(answers)

    async def call(*_: Any, **__: Any) -> Any:
        found = next(left, {})
        return found if isinstance(found, dict) else {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebAPI, "call", call)
        yield


@contextmanager
def at_work() -> Iterator[Workspace]:
    with asyncio.Runner() as runner:
        workspace = Workspace(runner)
        runner.run(workspace.begin())
        yield workspace
        runner.run(workspace.stack.aclose())
