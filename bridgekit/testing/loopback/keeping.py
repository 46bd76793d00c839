"""A loopback network that keeps what it has to say until the bridge has acknowledged it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bridgekit.events import Content, Raw, RemoteEvent
from bridgekit.facts import UserInfo
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.testing.loopback.client import LoopbackClient
from bridgekit.testing.loopback.network import LoopbackNetwork

Telling = Callable[[LoopbackClient, str | None], Awaitable[object]]
"""Hands something over, with the cursor that is to be stored with it."""


@dataclass(slots=True)
class Outbox:
    """What one login is told, in order; the first `acknowledged` of it need not come again."""

    tellings: list[Telling] = field(default_factory=list)
    acknowledged: int = 0


class Listening(LoopbackClient):
    """Hands over one thing after the other; what it did not see acknowledged comes again."""

    network: KeepingNetwork
    resumes = True

    async def run(self) -> None:
        outbox, cursors = self.network.outbox(self.login.id), self.network.cursors
        if cursors:  # the bridge says how far it is
            outbox.acknowledged = int(await self.host.cursor(self.login.id) or 0)
        while not self.dropped.is_set():
            if outbox.acknowledged < len(outbox.tellings):
                number = outbox.acknowledged + 1
                await outbox.tellings[number - 1](self, str(number) if cursors else None)
                outbox.acknowledged = number  # only now
            else:
                self.network.more.clear()
                await self.network.more.wait()

    async def understand(self, body: bytes) -> None:
        """Make something of what the network said; of this, nobody can."""
        await self.host.set_aside(self.login.id, body, "Loopback said something that is no event")


@dataclass(slots=True)
class KeepingNetwork(LoopbackNetwork):
    """What people do there returns at once; the bridge hears of it when it can.

    What has no login of its own goes to the one that `first` names. `cursors`: it is the bridge
    that remembers how much it has.
    """

    first: LoginID = LoginID("loop:bot")  # noqa: RUF009 (a string)
    cursors: bool = False
    more: asyncio.Event = field(default_factory=asyncio.Event)
    outboxes: dict[LoginID, Outbox] = field(default_factory=dict)
    updates: int = 0

    def __post_init__(self) -> None:
        if not any(issubclass(one, Listening) for one in self.extra):
            self.extra = (Listening, *self.extra)

    def outbox(self, login: LoginID) -> Outbox:
        return self.outboxes.setdefault(login, Outbox())

    @property
    def unacknowledged(self) -> int:
        """How much the bridge does not have yet."""
        return sum(len(one.tellings) - one.acknowledged for one in self.outboxes.values())

    def tell(self, what: Telling, to: LoginID | None = None) -> None:
        """Something that the bridge is to hear, in order."""
        self.outbox(to or self.first).tellings.append(what)
        self.more.set()

    async def deliver(self, *events: RemoteEvent[Content] | Raw, to: LoginID | None = None) -> None:
        named = [self._named(event) for event in events]

        async def hand_over(client: LoopbackClient, cursor: str | None) -> None:
            await client.host.receive(client.login.id, *named, cursor=cursor)

        self.tell(hand_over, to)

    def garble(self, body: bytes) -> None:
        """Something that is no event."""

        async def hand_over(client: LoopbackClient, _: str | None) -> None:
            assert isinstance(client, Listening)  # noqa: S101 (whoever reads an outbox is)
            await client.understand(body)

        self.tell(hand_over)

    def _named(self, event: RemoteEvent[Content] | Raw) -> RemoteEvent[Content] | Raw:
        """What may come twice has a name by which that is known."""
        self.updates += 1
        if isinstance(event, Raw) or event.key is not None:
            return event
        return replace(event, key=f"update-{self.updates}")

    async def drop(self) -> None:
        await LoopbackNetwork.drop(self)
        self.more.set()  # who waits for more sees that the connection is gone

    async def rename(self, user: str, name: str) -> None:
        """Somebody has another name from here on."""
        info = self.users[user] = UserInfo(RemoteUserID(user), name)

        async def hand_over(client: LoopbackClient, _: str | None) -> None:
            await client.host.user_changed(client.login.id, info)

        self.tell(hand_over)
