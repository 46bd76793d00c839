"""Adapters of the loopback network that break one rule each."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridgekit.adapter import Client, Login, Sent
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.events import Deletion, Edit, MatrixEvent, Message, Reaction, RemoteEvent
from bridgekit.ids import RemoteUserID
from bridgekit.richtext import from_plain, plain
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.keeping import Listening

# What people on the network say.


class AcknowledgesFirst(Listening):
    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                outbox.acknowledge(outbox.acknowledged + 1)
                await outbox.tellings[outbox.acknowledged - 1](self, None)
            else:
                self.network.more.clear()
                await self.network.more.wait()


class StoresTheCursorFirst(Listening):
    """In a commit of its own, before what it stands behind."""

    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        outbox.acknowledged = int(await self.host.cursor(self.login.id) or 0)
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                number = outbox.acknowledged + 1
                await self.host.receive(self.login.id, cursor=str(number))
                await outbox.tellings[number - 1](self, None)
                outbox.acknowledge(number)
            else:
                self.network.more.clear()
                await self.network.more.wait()


class AcknowledgesWhatever(Listening):
    """Also what could not be stored."""

    failing: tuple[type[BaseException], ...] = (Exception,)

    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                try:
                    await outbox.tellings[outbox.acknowledged](self, None)
                except self.failing as error:
                    if not isinstance(error, Exception):
                        outbox.acknowledged += 1
                        raise
                outbox.acknowledged += 1
            else:
                self.network.more.clear()
                await self.network.more.wait()


class AcknowledgesAsItEnds(AcknowledgesWhatever):
    failing = (asyncio.CancelledError,)


class TakesRetryLaterForDone(AcknowledgesWhatever):
    failing = (RetryLater,)


class NeverNoticesTheEnd(Listening):
    async def run(self) -> None:
        await super().run()
        await asyncio.Event().wait()


class TellsTheLatestFirst(Listening):
    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                waiting = outbox.tellings[outbox.acknowledged :]
                for telling in reversed(waiting):
                    await telling(self, None)
                outbox.acknowledged += len(waiting)
            else:
                self.network.more.clear()
                await self.network.more.wait()


class Altering(Listening):
    """Hands over something else than it was told; None: nothing."""

    def __init__(self, login: Login, network: Any, host: Any) -> None:
        super().__init__(login, network, host)
        self.host = _AlteringHost(host, self.alter)

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        raise NotImplementedError


class _AlteringHost:
    def __init__(self, host: Any, alter: Callable[[RemoteEvent[Any]], Any]) -> None:
        self._host, self._alter = host, alter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    async def receive(self, login: Any, *events: Any, cursor: str | None = None) -> None:
        altered = [one for event in events if (one := self._alter(event)) is not None]
        await self._host.receive(login, *altered, cursor=cursor)


class NamesNoDelivery(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        return replace(event, key=None, id=None)


class KnowsOnePerson(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        return replace(event, sender=RemoteUserID("somebody"))


class ForgetsWhoseEcho(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if event.txn is None:
            return event
        return replace(event, txn=None, id=None, sender=RemoteUserID("echo"))


class CutsText(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Message):
            text = from_plain(plain(event.content.text)[:100])
            return replace(event, content=replace(event.content, text=text))
        return event


class IgnoresEdits(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        return None if isinstance(event.content, Edit) else event


class IgnoresDeletions(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        return None if isinstance(event.content, Deletion) else event


# What is sent.


class ForgetsTheTransaction(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await super().send(replace(event, txn=uuid.uuid4().hex))


class SwallowsRefusals(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except Rejected:
            return Sent()


class SwallowsErrors(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except ConnectionError:
            return Sent()


class ForgetsThePause(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except RetryLater as error:
            raise RetryLater(str(error)) from error


class IsSureOfTooMuch(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except ConnectionError as error:
            raise RetryLater("The connection broke") from error


class SpeaksLatin(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        text = plain(event.content.text).encode("latin-1", "replace").decode("latin-1")
        return await super().send(replace(event, content=Message(from_plain(text))))


class EditsNothing(Listening):
    async def edit(self, event: MatrixEvent[Edit]) -> None:
        pass


class OnlyAddsReactions(Listening):
    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await super().react(replace(event, content=replace(event.content, removed=False)))


# Connections.


class HidesRefusals(LoopbackAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:  # type: ignore[override]
        try:
            async with super().connect(login) as client:
                yield client
        except LoginError as error:
            raise ConnectionError(str(error)) from error


class LeaksTasks(LoopbackAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:  # type: ignore[override]
        self.left = asyncio.create_task(asyncio.sleep(3600))
        async with super().connect(login) as client:
            yield client


class LeaksSockets(LoopbackAdapter):
    left: tuple[socket.socket, ...] = ()

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:  # type: ignore[override]
        LeaksSockets.left = (*self.left, socket.socket())
        async with super().connect(login) as client:
            yield client


class LeaksThreads(LoopbackAdapter):
    over = threading.Event()

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:  # type: ignore[override]
        threading.Thread(target=self.over.wait, name="a leak", daemon=True).start()
        async with super().connect(login) as client:
            yield client
