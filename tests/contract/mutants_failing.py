"""Adapters that break one rule each of what fails on the way, and of what is begun with."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bridgekit.adapter import Sent
from bridgekit.errors import RetryLater
from bridgekit.events import MatrixEvent, Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering


def swallowing(method: str, what: type[Exception]) -> type[Listening]:
    """Takes for done what was not."""

    async def done(self: Listening, event: MatrixEvent[Any]) -> Sent:
        try:
            return await getattr(Listening, method)(self, event)  # type: ignore[no-any-return]
        except what:
            return Sent()

    name = f"Swallows{what.__name__}In{method.title()}"
    return type(name, (Listening,), {method: done})


def careless(method: str) -> type[Listening]:
    return swallowing(method, ConnectionError)


def hasty(method: str) -> type[Listening]:
    return swallowing(method, RetryLater)


class NeverSaysWhereItBegan(Listening):
    """Who knows no place yet begins with what is new, and stores it with the first news only."""

    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        outbox.acknowledged = int(await self.host.cursor(self.login.id) or len(outbox.tellings))
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                number = outbox.acknowledged + 1
                await outbox.tellings[number - 1](self, str(number))
                outbox.acknowledge(number)
            else:
                self.network.more.clear()
                await self.network.more.wait()


class SeesOneChat(Altering):
    """The only one that its author has ever tried."""

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        return replace(event, chat=Chat(ChatID("#room")))


class KnowsOneChat(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await super().send(replace(event, chat=Chat(ChatID("#room"))))


class WaitsForEver(Listening):
    """A connection is there as long as it is not broken."""

    async def notice(self) -> None:
        await asyncio.Event().wait()
