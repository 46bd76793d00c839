"""The loopback network as the contract wants one: what an author writes for their own network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.adapter import Sent
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    MatrixEvent,
    Membership,
    Message,
    Pin,
    Poll,
    Reaction,
    Receipt,
    RemoteEvent,
    Typing,
    Vote,
)
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.testing.contract.network import FakeNetwork, Heard
from bridgekit.testing.loopback.adapter import LoopbackConfig
from bridgekit.testing.loopback.client import LoopbackClient
from bridgekit.testing.loopback.faults import only
from bridgekit.testing.loopback.files import pieces
from bridgekit.testing.loopback.keeping import KeepingNetwork
from bridgekit.testing.loopback.transcript import Showing


@dataclass(slots=True)
class EchoingNetwork(KeepingNetwork):
    """It tells the bridge, too, what the bridge's logins say, as most networks do."""

    first: LoginID = LoginID("net:bot")  # noqa: RUF009 (a string)

    async def take(self, client: LoopbackClient, event: MatrixEvent[Any]) -> Sent:
        known = event.txn in self.given
        sent = await KeepingNetwork.take(self, client, event)
        if not known and sent.ids:
            echo = RemoteEvent(event.chat, client.me, event.content, sent.ids[0], txn=event.txn)
            await self.deliver(echo)
        return sent


class LoopbackFake(FakeNetwork):
    """`network` is the far side; the adapter reaches it through its settings, as any would."""

    kinds = frozenset(
        {
            *(ChatChange, Deletion, Edit, Location, Membership, Message, Pin, Poll, Reaction),
            *(Receipt, Typing, Vote),
        }
    )

    files = True

    def __init__(self, network: KeepingNetwork, **settings: Any) -> None:
        self._network = network
        self._settings = LoopbackConfig(network=network, **settings)
        self._said = 0
        self._swapping = False
        self._early: RemoteEvent[Content] | None = None

    @property
    def settings(self) -> LoopbackConfig:
        return self._settings

    async def say(self, who: str, content: Content) -> MessageID | None:
        self._said += 1
        for file in content.attachments if isinstance(content, Message) else ():
            self._network.served[file.source] = pieces(file.source.encode())
        named = MessageID(f"m{self._said}") if isinstance(content, Showing) else None
        event = RemoteEvent(Chat(ChatID(self.chat)), RemoteUserID(who), content, named)
        self._network.happen(event)
        if self._swapping:
            self._swapping, self._early = False, event
            return named
        await self._network.deliver(event)
        early, self._early = self._early, None
        if early is not None:
            await self._network.deliver(early)
        return named

    def heard(self) -> Sequence[Heard]:
        times: Counter[str] = Counter()
        heard = []
        for act in self._network.acts:
            event, ids = act.event, self._network.given.get(act.event.txn, ())
            if event.chat.id == self.chat:
                place = times[event.txn]
                named = ids[place] if place < len(ids) else None
                heard.append(Heard(event.content, named, event.author.name))
                times[event.txn] += 1
        return heard

    async def drop(self) -> None:
        await self._network.drop()

    async def refuse(self) -> None:
        self._network.refuse = "Loopback no longer knows you"

    async def reject(self) -> None:
        self._network.before.append(only(lambda _: Rejected("Loopback forbids that"), Message))

    async def delay(self, seconds: float) -> None:
        busy = RetryLater("Loopback is busy", after=seconds)
        self._network.before.append(only(lambda _: busy, Message))

    async def lose(self, *, taken: bool) -> None:
        faults = self._network.after if taken else self._network.before
        faults.append(only(lambda _: ConnectionError("the connection broke"), Message))

    async def repeat(self) -> None:
        outbox = self._network.outbox(self._network.first)
        outbox.tellings.append(outbox.tellings[-1])
        self._network.more.set()

    async def swap(self) -> None:
        self._swapping = True
