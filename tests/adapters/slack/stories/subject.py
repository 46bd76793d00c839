"""What the stories are about: a bridge between a fake homeserver and the fake Slack, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, ClassVar

from bridgekit.testing.contract import FakeNetwork
from bridgekit.testing.contract.stage import Stage
from bridges.slack import SlackAdapter
from bridges.slack.config import Transport
from bridges.slack.fake import Channel, FakeSlack, SlackNetwork, fake_network
from bridges.slack.fake.person import Person

JSON = dict[str, Any]
TEAM, ROOM = "T0TEAM", "C0ROOM"
_EPOCH = datetime(2030, 1, 1, tzinfo=UTC).timestamp()  # that of the contract's own clock


def seconds() -> float:
    return _EPOCH + asyncio.get_running_loop().time()


class OnSlack:
    """A subject of scenarios; `room` makes the channel, `settings` are further ones."""

    adapter: ClassVar[type[SlackAdapter]] = SlackAdapter
    sockets: ClassVar[bool] = False
    settings: ClassVar[dict[str, Any]] = {}

    @staticmethod
    def room() -> Channel:
        return Channel(ROOM, "room")

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_network(seconds, Transport.SOCKET, self.room(), **self.settings)


def network_of(stage: Stage) -> SlackNetwork:
    assert isinstance(stage.network, SlackNetwork)
    return stage.network


def slack_of(stage: Stage) -> FakeSlack:
    return network_of(stage).slack


def person(stage: Stage, name: str = "bob") -> Person:
    return network_of(stage).person(name)


def channel(stage: Stage) -> Channel:
    return slack_of(stage).state.workspace(TEAM).channels[network_of(stage).room]


async def content(stage: Stage, body: str) -> JSON:
    """What the event has with which somebody of Slack says this."""
    found: JSON = (await stage.seen(body))["content"]
    return found


def posts(stage: Stage, method: str = "chat.postMessage") -> list[JSON]:
    """What the bridge has called with."""
    return [act.arguments for act in slack_of(stage).state.acts if act.method == method]


async def post(stage: Stage, condition: Callable[[JSON], object], what: str) -> JSON:
    """What the bridge calls with, once it is like this."""

    def found() -> JSON | None:
        return next((one for one in posts(stage) if condition(one)), None)

    return await stage.until(found, what)


def state(stage: Stage, kind: str) -> JSON:
    found: JSON = stage.here.room.content(kind)
    return found
