"""A network in memory that can do everything: the core's test partner and the living example.

`LoopbackNetwork` is the far side: people there say things, and hear what the bridge says. It can
be told to refuse, to drop connections and to lose answers. `loopback(network)` makes an adapter
class for it, as an entry point would name one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from bridgekit.adapter import Adapter, Client, Limits, Login, Manifest, Person, Sent
from bridgekit.adapter_supports import (
    SupportsAutomaticLogin,
    SupportsNames,
    SupportsOwnLogins,
)
from bridgekit.errors import LoginError
from bridgekit.events import Content, MatrixEvent, Message, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.richtext import RichText, from_plain, plain
from bridgekit.supports import Absence, Found, SupportsChats, SupportsLookup


class LoopbackConfig(BaseModel):
    """What an operator can set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_limit: int | None = None
    idle_after: float = 3600.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the network got it."""

    chat: ChatID
    login: LoginID
    text: str
    txn: str
    author: str
    relayed: bool
    message: Message


Trouble = BaseException | None
Fault = Callable[[MatrixEvent[Message]], Trouble | Awaitable[Trouble]]


@dataclass(slots=True)
class LoopbackNetwork:
    """The far side. `idempotent`: it recognises a repeated txn. `gives_ids`: messages have IDs.

    `remembers`: it can be asked for a txn (None: it cannot); UNSURE is what it then says of all.
    `late_ids`: the ID of a message comes with its echo. A fault may be a coroutine function, to
    keep a send waiting; `connecting` is awaited by every connect.
    """

    idempotent: bool = False
    gives_ids: bool = True
    late_ids: bool = False
    remembers: Absence | None = None
    looked_up: list[str] = field(default_factory=list)
    connecting: Callable[[Login], Awaitable[None]] | None = None
    heard: list[Heard] = field(default_factory=list)
    before: deque[Fault] = field(default_factory=deque)
    """One per send, in order: what it raises instead of taking the message."""
    after: deque[Fault] = field(default_factory=deque)
    """The same, once the message is taken: the answer is lost."""
    refuse: str | None = None
    offline: bool = False
    clients: dict[LoginID, LoopbackClient] = field(default_factory=dict)
    entered: set[ChatID] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    numbers: int = 0

    async def say(
        self,
        chat: str,
        sender: str,
        text: str | RichText,
        *,
        id: str | None = None,  # noqa: A002 (the field's name)
        to: LoginID | None = None,
        **fields: Any,
    ) -> None:
        """Somebody says something; returns when the bridge has acknowledged it."""
        rich = from_plain(text) if isinstance(text, str) else text
        await self.emit(chat, sender, Message(rich), id=id, to=to, **fields)

    async def emit(
        self,
        chat: str,
        sender: str,
        content: Content,
        *,
        id: str | None = None,  # noqa: A002 (the field's name)
        to: LoginID | None = None,
        **fields: Any,
    ) -> None:
        """Anything happens in a chat, or, with `to`, in the private chat that this login has."""
        event = RemoteEvent(
            Chat(ChatID(chat), private=to is not None),
            RemoteUserID(sender),
            content,
            id=MessageID(id) if id else None,
            **fields,
        )
        client = self.clients[to] if to else next(iter(self.clients.values()))
        await client.host.receive(client.login.id, event)

    async def wait(self, condition: Callable[[], bool], within: float = 20.0) -> None:
        """Return once `condition` holds; it is asked again on every change."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(condition)

    def texts(self, chat: str | None = None) -> list[str]:
        """What was heard, in order."""
        return [one.text for one in self.heard if chat is None or one.chat == chat]

    async def drop(self) -> None:
        """Every connection breaks."""
        for client in list(self.clients.values()):
            client.dropped.set()

    async def admit(self, login: Login, host: Any) -> LoopbackClient:
        """The network's own side of a sign-in."""
        if self.connecting is not None:
            await self.connecting(login)
        if self.refuse is not None:
            raise LoginError(self.refuse)
        if self.offline:
            raise ConnectionError("loopback is offline")
        kind = LoopbackClient if self.remembers is None else RememberingClient
        client = kind(login, self, host)
        async with self.changed:
            self.clients[login.id] = client
            self.changed.notify_all()
        return client

    async def take(self, login: LoginID, event: MatrixEvent[Message]) -> Sent:
        """The network's own side of a send."""
        await self._strike(self.before, event)
        known = self.idempotent and any(one.txn == event.txn for one in self.heard)
        if not known:
            await self._keep(login, event)
        await self._strike(self.after, event)
        if self.late_ids:
            return Sent(pending=True)
        if not self.gives_ids:
            return Sent()
        return Sent((MessageID(f"sent-{self._place(event.txn)}"),))

    async def _strike(self, faults: deque[Fault], event: MatrixEvent[Message]) -> None:
        trouble = faults.popleft()(event) if faults else None
        if isinstance(trouble, Awaitable):
            trouble = await trouble
        if trouble is not None:
            raise trouble

    async def _keep(self, login: LoginID, event: MatrixEvent[Message]) -> None:
        text = plain(event.content.text)
        async with self.changed:
            self.heard.append(
                Heard(
                    event.chat.id, login, text, event.txn, event.author.name, event.relayed,
                    event.content,
                )
            )  # fmt: skip
            self.changed.notify_all()

    def _place(self, txn: str) -> int:
        return next(place for place, one in enumerate(self.heard) if one.txn == txn)


class LoopbackClient(Client, SupportsChats):
    """One login's connection."""

    def __init__(self, login: Login, network: LoopbackNetwork, host: Any) -> None:
        self.me = RemoteUserID(login.credentials.get("nick", "bot"))
        self.login, self.network, self.host = login, network, host
        self.dropped = asyncio.Event()

    async def run(self) -> None:
        await self.dropped.wait()

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await self.network.take(self.login.id, event)

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user.title())

    async def enter(self, chat: ChatID) -> None:
        async with self.network.changed:
            self.network.entered.add(chat)
            self.network.changed.notify_all()

    async def leave(self, chat: ChatID) -> None:
        self.network.entered.discard(chat)


class RememberingClient(LoopbackClient, SupportsLookup):
    """A connection to a network that knows what it was sent."""

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        del since
        self.network.looked_up.append(event.txn)
        places = [place for place, one in enumerate(self.network.heard) if one.txn == event.txn]
        if self.network.remembers is Absence.UNSURE:
            return Absence.UNSURE
        if not places:
            return Absence.ABSENT
        return Found(tuple(MessageID(f"sent-{place}") for place in places))


def loopback(network: LoopbackNetwork) -> type[Adapter[LoopbackConfig]]:
    """An adapter class whose far side is `network`."""

    class LoopbackAdapter(
        Adapter[LoopbackConfig], SupportsNames, SupportsAutomaticLogin, SupportsOwnLogins
    ):
        manifest = Manifest("loopback", "Loopback", LoopbackConfig)

        def __init__(self, config: LoopbackConfig, host: Any) -> None:
            super().__init__(config, host)
            self.idle_after = config.idle_after
            limits = Limits(text=config.text_limit, idempotent=network.idempotent)
            self.manifest = Manifest(  # type: ignore[misc]  # one class, networks that differ
                "loopback", "Loopback", LoopbackConfig, limits=limits
            )

        @asynccontextmanager
        async def connect(self, login: Login) -> AsyncIterator[LoopbackClient]:
            client = await network.admit(login, self.host)
            try:
                yield client
            finally:
                network.clients.pop(login.id, None)

        def own_logins(self) -> Mapping[str, Mapping[str, str]]:
            return {"bot": {"nick": "bot"}}

        def automatic_login(self, person: Person) -> Mapping[str, str] | None:
            return {"nick": person.name.lower()}

        def chat_named(self, name: str) -> Chat | None:
            return Chat(ChatID(name.lower())) if name.startswith("#") else None

        def user_named(self, name: str) -> RemoteUserID | None:
            return None if name.startswith("#") else RemoteUserID(name.lower())

        def private_chat(self, user: RemoteUserID) -> Chat:
            return Chat(ChatID(user), private=True)

    return LoopbackAdapter
