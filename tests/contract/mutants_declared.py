"""Adapters that break one rule each of what they declare: abilities that help, ends, files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any, cast

from bridgekit.adapter import Client, Limits, Login, Sent
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Edit, MatrixEvent, Message, Pin, RemoteEvent, Typing
from bridgekit.facts import Attachment, Chat
from bridgekit.ids import ChatID
from bridgekit.richtext import from_plain, plain
from bridgekit.supports import (
    Absence,
    Found,
    SupportsChats,
    SupportsLookup,
    SupportsPacing,
    SupportsPlace,
    SupportsSplit,
)
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.client import LoopbackClient
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering


def refusing(method: str) -> type[Listening]:
    """Declares it, and never does it."""

    async def refused(self: Listening, event: MatrixEvent[Any]) -> Sent:
        raise Rejected(f"For {self.me}, loopback does nothing in {event.chat.id}")

    return type(f"Refusing{method.title()}", (Listening,), {method: refused})


class SaysTooLittle(LoopbackAdapter):
    """Its clients can do more than it says."""

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[LoopbackClient]:  # type: ignore[override]
        async with super().connect(login) as client:
            yield client


class EditsInSecret(Client):
    """It can edit, and does not say so."""

    async def edit(self, event: MatrixEvent[Edit]) -> None:
        raise NotImplementedError


class ForgetsABase(LoopbackAdapter):
    def connect(self, login: Login) -> AbstractAsyncContextManager[EditsInSecret]:  # type: ignore[override]
        return cast("AbstractAsyncContextManager[EditsInSecret]", super().connect(login))


# What ends.


class NeverUnpins(Listening):
    async def pin(self, event: MatrixEvent[Pin]) -> None:
        await super().pin(replace(event, content=replace(event.content, removed=False)))


class TypesForEver(Listening):
    async def typing(self, event: MatrixEvent[Typing]) -> None:
        await super().typing(replace(event, content=Typing(active=True)))


class SeesNoEnd(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        match event.content:
            case Pin(removed=True) | Typing(active=False):
                return None
        return event


# Files.


class UploadsSomethingElse(Listening):
    def __init__(self, login: Login, network: Any, host: Any) -> None:
        super().__init__(login, network, host)
        self.host = _OtherFiles(host)


class _OtherFiles:
    def __init__(self, host: Any) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    @asynccontextmanager
    async def open(self, attachment: Attachment) -> AsyncIterator[BytesIO]:
        del attachment
        yield BytesIO(b"something else")


# What helps with delivery.


class EntersOnce(Listening, SupportsChats):
    """And after a broken connection no more."""

    def __init__(self, login: Login, network: Any, host: Any) -> None:
        super().__init__(login, network, host)
        self._again = login.id in network.known.values()

    async def enter(self, chat: ChatID) -> None:
        if self._again:
            raise RetryLater("Loopback lets nobody in twice")
        await super().enter(chat)


class TakesAnyLength(Listening):
    def limits(self, chat: Chat) -> Limits:
        return replace(super().limits(chat), text=None)


class FindsNothing(Listening, SupportsLookup):
    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        del event, since
        return Absence.ABSENT


class IsAnotherEachTime(LoopbackAdapter):
    """The bridge's own login goes by another name after a restart."""

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        known: Any = self.network
        name = "another" if known.first in known.known.values() else "bot"
        return {name: {"nick": name}}


class IsNowhere(Listening, SupportsPlace):
    place: Any = None


class HoldsUp(Listening, SupportsPacing):
    """Who has said some things may say no more."""

    paced = 0

    async def pace(self, event: MatrixEvent[Any]) -> None:
        del event
        self.paced += 1
        if self.paced > 3:
            raise RetryLater("Loopback takes no more", after=3600.0)


class LosesTheRest(Listening, SupportsSplit):
    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return [Message(from_plain(plain(event.content.text)[:100]))]
