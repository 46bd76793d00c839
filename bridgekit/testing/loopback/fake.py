"""The loopback network as the contract wants one: what an author writes for their own network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridgekit.adapter import Login, Sent, Unit
from bridgekit.adapter_supports import LoginFlow
from bridgekit.errors import ChatMoved, Rejected, RetryLater
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    Edit,
    Location,
    MatrixEvent,
    Membership,
    MemberState,
    Message,
    Moved,
    Pin,
    Poll,
    Raw,
    Reaction,
    Receipt,
    RemoteEvent,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.facts import Attachment, AttachmentKind, Chat, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.richtext import plain, utf8
from bridgekit.testing.contract.network import FakeNetwork, Heard, OtherChat
from bridgekit.testing.loopback.adapter import LoopbackConfig
from bridgekit.testing.loopback.client import LoopbackClient
from bridgekit.testing.loopback.faults import only
from bridgekit.testing.loopback.files import pieces
from bridgekit.testing.loopback.keeping import KeepingNetwork
from bridgekit.testing.loopback.telephone import Telephone
from bridgekit.testing.loopback.transcript import Showing


@dataclass(slots=True)
class EchoingNetwork(KeepingNetwork):
    """It tells the bridge, too, what the bridge's logins say, as most networks with IDs do.

    `early`: an answer waits until the bridge has acknowledged the echo.
    """

    first: LoginID = LoginID("net:bot")  # noqa: RUF009 (a string)
    early: bool = False
    known: dict[RemoteUserID, LoginID] = field(default_factory=dict)
    """Whose account each login is, connected or not."""

    async def admit(self, login: Login, host: Any) -> LoopbackClient:
        client = await KeepingNetwork.admit(self, login, host)
        self.known[client.me] = login.id
        return client

    async def take(self, client: LoopbackClient, event: MatrixEvent[Any]) -> Sent:
        if client in self.silent:
            await asyncio.Event().wait()  # until whoever asks gives up
        if self._too_long(event):
            raise Rejected("Loopback takes no message of so many bytes")
        known = event.txn in self.given
        sent = await KeepingNetwork.take(self, client, event)
        if not (known or self.early) and self.gives_ids:
            await self.deliver(self._echo(client, event))
        return sent

    def _too_long(self, event: MatrixEvent[Any]) -> bool:
        """Where it counts bytes, it is strict."""
        limits, content = self.limits_in(event.chat), event.content
        if limits.text is None or limits.unit is not Unit.BYTES or not isinstance(content, Message):
            return False
        return utf8(plain(content.text)) > limits.text

    async def kept(self, client: LoopbackClient, event: MatrixEvent[Any]) -> None:
        if not (self.early and self.gives_ids):
            return
        echo, told = self._named(self._echo(client, event)), asyncio.Event()

        async def hand_over(listening: LoopbackClient, cursor: str | None) -> None:
            await listening.host.receive(listening.login.id, echo, cursor=cursor)
            told.set()

        self.tell(hand_over)
        await told.wait()

    def _echo(self, client: LoopbackClient, event: MatrixEvent[Any]) -> RemoteEvent[Content]:
        named = self.given[event.txn][-1]
        return RemoteEvent(event.chat, client.me, event.content, named, txn=event.txn)


class LoopbackFake(FakeNetwork):
    """`network` is the far side; the adapter reaches it through its settings, as any would.

    `raw`: what people say is told as it is, and the adapter makes something of it later.
    """

    kinds = frozenset(
        {
            *(ChatChange, Deletion, Delivery, Edit, Location, Membership, Message, Pin, Poll),
            *(Reaction, Receipt, Typing, Unsupported, Vote),
        }
    )
    moves = frozenset(MemberState)
    rejects = loses = delays = frozenset(
        {
            *(ChatChange, Deletion, Edit, Location, Membership, Message, Pin, Poll, Reaction),
            Vote,
        }
    )
    files = replies = threads = True
    emoji = "tulip"
    nobody = "nobody"

    def __init__(self, network: EchoingNetwork, *, raw: bool = False, **settings: Any) -> None:
        self._network, self._raw = network, raw
        network.told = self.acknowledged
        self._settings = LoopbackConfig(network=network, **settings)
        self._chats = [ChatID(self.chat)]  # the last is what it is called now
        self._said = 0
        self._swapping = self._missing = False
        self._early: RemoteEvent[Content] | None = None
        network.strangers.add(self.nobody)
        picture = Attachment(AttachmentKind.IMAGE, "tulip", "tulip.png", "image/png")
        network.emoji[self.emoji] = picture
        network.served[picture.source] = pieces(_PNG)

    @property
    def settings(self) -> LoopbackConfig:
        return self._settings

    async def say(self, who: str, content: Content) -> MessageID | None:
        return await self.say_in(self._chats[-1], who, content)

    async def say_in(self, chat: ChatID, who: str, content: Content) -> MessageID | None:
        event = self._event(who, Chat(chat), content)
        self._network.happen(event)
        if self._missing:
            return event.id
        if self._swapping:
            self._swapping, self._early = False, event
            return event.id
        await self._tell(event)
        early, self._early = self._early, None
        if early is not None:
            await self._tell(early)
        return event.id

    def _event(self, who: str, chat: Chat, content: Content) -> RemoteEvent[Content]:
        self._said += 1
        user = RemoteUserID(who)
        self._network.users.setdefault(user, UserInfo(user, who.title()))
        for file in content.attachments if isinstance(content, Message) else ():
            self._network.served[file.source] = pieces(file.source.encode())
        has_id = self._network.gives_ids and isinstance(content, Showing)
        named = MessageID(f"m{self._said}") if has_id else None
        if isinstance(content, Edit):
            content = replace(content, stamp=f"{self._said:06}")
        return RemoteEvent(chat, user, content, named)

    async def _tell(self, event: RemoteEvent[Content]) -> None:
        if self._raw and isinstance(event.content, Message):
            body = f"record {event.id}".encode()
            self._network.meanings[body] = lambda: [event]
            await self._network.deliver(Raw(event.chat, f"raw-{event.id}", body))
        else:
            await self._network.deliver(event)

    def heard(self) -> Sequence[Heard]:
        return self.heard_in(self._chats)

    def heard_in(self, chats: Sequence[ChatID]) -> Sequence[Heard]:
        return [heard for chat, heard in self._acts() if chat.id in chats]

    async def another_chat(self) -> OtherChat:
        return Garden(self)

    def _acts(self) -> Iterator[tuple[Chat, Heard]]:
        times: Counter[str] = Counter()
        for act in self._network.acts:
            event, ids = act.event, self._network.given.get(act.event.txn, ())
            place = times[event.txn]
            named = ids[place] if self._network.gives_ids and place < len(ids) else None
            yield event.chat, Heard(self._opened(event.content), named, event.author.name)
            times[event.txn] += 1

    def _opened(self, content: Content) -> Content:
        """With what is in its files."""
        if not isinstance(content, Message):
            return content
        files = self._network.files
        held = [(one, files[one.source].data or b"") for one in content.attachments]
        opened = tuple(replace(one, source=data.decode(errors="replace")) for one, data in held)
        return replace(content, attachments=opened)

    async def whisper(self, who: str, to: RemoteUserID, content: Content) -> MessageID | None:
        login = self._network.known[to]
        event = self._event(who, Chat(ChatID(who), private=True), content)
        self._network.happen(event, login)
        await self._network.deliver(event, to=login)
        return event.id

    def whispered(self, who: str) -> Sequence[Heard]:
        return [heard for chat, heard in self._acts() if chat == Chat(ChatID(who), private=True)]

    async def rename(self, who: str, name: str) -> None:
        await self._network.rename(who, name)

    async def move(self, *, told: bool) -> None:
        old, new = self._chats[-1], ChatID(f"#moved-{len(self._chats)}")
        event = RemoteEvent(Chat(old), None, Moved(new))
        self._network.happen(event)
        self._chats.append(new)
        if told:
            await self._network.deliver(event)
        else:
            self._network.before.append(only(lambda _: ChatMoved(new), Message))

    def signing_in(self) -> LoginFlow:
        return Telephone(self._network.pairing)

    async def drop(self) -> None:
        self._missing = False
        await self._network.drop()

    async def stall(self) -> None:
        await self._network.stall()

    async def refuse(self) -> None:
        self._network.refuse = "Loopback no longer knows you"

    async def reject(self) -> None:
        forbidden = Rejected("Loopback forbids that")
        self._network.before.append(only(lambda _: forbidden, *self.rejects))

    async def delay(self, seconds: float) -> None:
        busy = RetryLater("Loopback is busy", after=seconds)
        self._network.before.append(only(lambda _: busy, *self.delays))

    async def lose(self, *, taken: bool) -> None:
        faults = self._network.after if taken else self._network.before
        faults.append(only(lambda _: ConnectionError("the connection broke"), *self.loses))

    async def repeat(self) -> None:
        outbox = self._network.outbox(self._network.first)
        outbox.tellings.append(outbox.tellings[-1])
        self._network.more.set()

    async def swap(self) -> None:
        self._swapping = True

    async def garble(self) -> None:
        if self._raw:  # to be understood later, which it will not be
            await self._network.deliver(Raw(Chat(self._chats[-1]), "garbled", b"\xff"))
        else:
            self._network.garble(b"\xff")

    async def miss(self) -> None:
        self._missing = True


class Garden:
    """The other chat."""

    chat = "#garden"

    def __init__(self, fake: LoopbackFake) -> None:
        self._fake = fake

    async def say(self, who: str, content: Content) -> MessageID | None:
        return await self._fake.say_in(ChatID(self.chat), who, content)

    def heard(self) -> Sequence[Heard]:
        return self._fake.heard_in([ChatID(self.chat)])


_PNG = bytes.fromhex(  # one transparent pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)
