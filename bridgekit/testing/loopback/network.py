"""The far side of the loopback network: what it is told, what it keeps, and how it misbehaves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridgekit.adapter import Limits, Login, Sent
from bridgekit.clock import Clock, SystemClock
from bridgekit.errors import LoginError
from bridgekit.events import Content, MatrixEvent, Message, Moved, Raw, RemoteEvent
from bridgekit.facts import Attachment, AttachmentKind, Chat, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.richtext import RichText, from_plain
from bridgekit.supports import Absence, SupportsLookup
from bridgekit.testing.loopback.client import LoopbackClient, client_class
from bridgekit.testing.loopback.exchange import Act, Heard, take
from bridgekit.testing.loopback.faults import Fault
from bridgekit.testing.loopback.files import File, Pieces
from bridgekit.testing.loopback.people import RemotePerson
from bridgekit.testing.loopback.signing_in import Pairing
from bridgekit.testing.loopback.transcript import Showing, Transcript

_EVERYTHING = Limits(attachments=frozenset(AttachmentKind), replies=True, threads=True)


@dataclass(slots=True)
class LoopbackNetwork:
    """The far side. `idempotent`: it recognises a repeated txn. `gives_ids`: messages have IDs.

    `remembers`: it can be asked for a txn (None: it cannot); UNSURE is what it then says of all.
    `late_ids`: the ID of a message comes with its echo. A fault may be a coroutine function, to
    keep a send waiting; `connecting` is awaited by every connect. `lacks` are the `Supports*` that
    its clients do not have, `extra` further bases of theirs; both count at the next connect.
    """

    idempotent: bool = False
    gives_ids: bool = True
    late_ids: bool = False
    remembers: Absence | None = None
    lacks: frozenset[type] = frozenset()
    extra: tuple[type, ...] = ()
    limits: Limits = _EVERYTHING
    chat_limits: dict[ChatID, Limits] = field(default_factory=dict)
    """Of single chats, where they differ."""
    text_limit: int | None = None
    """As the operator configures it."""
    reactions: int | None = None
    """See `Manifest.reactions`."""
    lists_members: bool = False
    """`chat_info` names everybody in a chat."""

    before: deque[Fault] = field(default_factory=deque)
    """One per act (see `faults`), in order: what it raises instead of taking the act."""
    after: deque[Fault] = field(default_factory=deque)
    """The same, once the act is taken: the answer is lost."""
    connecting: Callable[[Login], Awaitable[None]] | None = None
    refuse: str | None = None
    offline: bool = False

    acts: list[Act] = field(default_factory=list)
    """All that the bridge did, in order."""
    heard: list[Heard] = field(default_factory=list)
    """The messages among `acts`."""
    looked_up: list[str] = field(default_factory=list)
    entered: set[ChatID] = field(default_factory=set)
    files: dict[str, File] = field(default_factory=dict)
    """What was sent along, by `Attachment.source`."""
    transcripts: dict[tuple[ChatID, LoginID | None], Transcript] = field(default_factory=dict)

    users: dict[str, UserInfo] = field(default_factory=dict)
    """Who is known by more than their ID."""
    strangers: set[str] = field(default_factory=set)
    """Whom nobody can be found by."""
    emoji: dict[str, Attachment] = field(default_factory=dict)
    served: dict[str, Pieces] = field(default_factory=dict)
    """What can be downloaded, by `Attachment.source`."""
    meanings: dict[bytes, Callable[[], Sequence[RemoteEvent[Content]]]] = field(
        default_factory=dict
    )
    """What each raw body is converted to; a body that is not here breaks the converter."""
    converted: list[bytes] = field(default_factory=list)

    clock: Clock = field(default_factory=SystemClock)
    """By which it dates what is said."""
    clients: dict[LoginID, LoopbackClient] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    pairing: Pairing = field(default_factory=Pairing)
    """How people sign in with a code."""
    sends: int = 0
    given: dict[str, list[MessageID]] = field(default_factory=dict)
    """The IDs that were given, by txn; a send that was doubled has two."""

    # What a test looks at.

    def chat(self, chat: str, login: LoginID | None = None) -> Transcript:
        """What has become of a chat, or, with `login`, of the private chat that this login has."""
        key = (ChatID(chat), login)
        if key not in self.transcripts:
            self.transcripts[key] = Transcript(Chat(key[0], private=login is not None))
        return self.transcripts[key]

    def texts(self, chat: str | None = None) -> list[str]:
        """What was heard, in order."""
        return [one.text for one in self.heard if chat is None or one.chat == chat]

    def acted(self, kind: type[Content]) -> list[Any]:
        """The contents of the acts of one kind, in order."""
        return [act.event.content for act in self.acts if isinstance(act.event.content, kind)]

    async def wait(self, condition: Callable[[], bool], within: float = 60.0) -> None:
        """Return once `condition` holds; it is asked again on every change."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(condition)

    # What the people of the far side do.

    def person(self, name: str) -> RemotePerson:
        """Somebody over there, with a verb for everything."""
        return RemotePerson(RemoteUserID(name), self)

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
        sender: str | None,
        content: Content,
        *,
        id: str | None = None,  # noqa: A002 (the field's name)
        to: LoginID | None = None,
        **fields: Any,
    ) -> None:
        """Anything happens in a chat, or, with `to`, in the private chat that this login has."""
        event = RemoteEvent(
            Chat(ChatID(chat), private=to is not None),
            RemoteUserID(sender) if sender else None,
            content,
            id=MessageID(id) if id else None,
            **fields,
        )
        self.happen(event, to)
        await self.deliver(event, to=to)

    async def deliver(self, *events: RemoteEvent[Content] | Raw, to: LoginID | None = None) -> None:
        """Hand these over, whether they happened or not; returns when they are acknowledged.

        Who is to be told, that login or any, may have yet to connect.
        """
        if not (to in self.clients if to else self.clients):
            await self.wait(lambda: to in self.clients if to else bool(self.clients))
        client = self.clients[to] if to else next(iter(self.clients.values()))
        await client.host.receive(client.login.id, *events)

    async def raw(
        self,
        chat: str,
        key: str,
        body: bytes,
        meaning: Callable[[], Sequence[RemoteEvent[Content]]] | None = None,
        *,
        to: LoginID | None = None,
    ) -> None:
        """Something arrives that the converter has to look at; `meaning` is what it makes of it."""
        if meaning is not None:
            self.meanings[body] = meaning
        await self.deliver(Raw(Chat(ChatID(chat), private=to is not None), key, body), to=to)

    def happen(self, event: RemoteEvent[Content], login: LoginID | None = None) -> None:
        """Write it down, without telling the bridge: the past, or what an outage hides."""
        transcript = self.chat(event.chat.id, login)
        if event.txn in self.given and event.id:  # an echo of what is written down already
            transcript.rename(event.txn, event.id)
        elif isinstance(event.content, Showing):
            at = event.at or self.clock.now()
            transcript.show(event.sender, event.content, event.id, event.txn, at)
        else:
            transcript.apply(event.sender, event.content)
        if isinstance(event.content, Moved):
            self.transcripts[event.content.new, login] = transcript

    async def drop(self) -> None:
        """Every connection breaks."""
        for client in list(self.clients.values()):
            client.dropped.set()

    # What the bridge meets.

    async def admit(self, login: Login, host: Any) -> LoopbackClient:
        """The network's own side of a sign-in."""
        if self.connecting is not None:
            await self.connecting(login)
        if self.refuse is not None:
            raise LoginError(self.refuse)
        self.pairing.check(login)
        if self.offline:
            raise ConnectionError("loopback is offline")
        forgetful = {SupportsLookup} if self.remembers is None else set()
        client = client_class(self.lacks | forgetful, self.extra)(login, self, host)
        async with self.changed:
            self.clients[login.id] = client
            self.changed.notify_all()
        return client

    async def take(self, client: LoopbackClient, event: MatrixEvent[Any]) -> Sent:
        """Whatever makes a message; a network that counts only may do less."""
        return await take(self, client, event)

    async def kept(self, client: LoopbackClient, event: MatrixEvent[Any]) -> None:
        """What makes a message is there, and not answered yet: an echo may be early here."""

    def limits_in(self, chat: Chat | None = None) -> Limits:
        """What a chat takes (None: any, which does not tell whether repetitions are recognised)."""
        found = self.chat_limits.get(chat.id, self.limits) if chat else self.limits
        text = found.text if self.text_limit is None else self.text_limit
        return replace(found, text=text, idempotent=self.idempotent and chat is not None)
