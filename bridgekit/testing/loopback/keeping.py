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

_SILENCE = 60.0  # seconds
Telling = Callable[[LoopbackClient, str | None], Awaitable[object]]
"""Hands something over, with the cursor that is to be stored with it."""


@dataclass(slots=True)
class Outbox:
    """What one login is told, in order; the first `acknowledged` of it need not come again.

    `told` hears of each acknowledgement.
    """

    tellings: list[Telling] = field(default_factory=list)
    acknowledged: int = 0
    told: Callable[[str], object] | None = None

    def acknowledge(self, number: int) -> None:
        """So many are stored by the bridge."""
        self.acknowledged = number
        if self.told is not None:
            self.told(f"telling {number}")


class Listening(LoopbackClient):
    """Hands over one thing after the other; what it did not see acknowledged comes again."""

    network: KeepingNetwork
    resumes = True

    async def run(self) -> None:
        outbox, cursors = self.network.outbox(self.login.id), self.network.cursors
        if cursors:  # the bridge says how far it is
            outbox.acknowledged = int(await self.host.cursor(self.login.id) or 0)
        while not self.dropped.is_set():
            if self in self.network.silent:
                await self.notice()
                return
            if outbox.acknowledged < len(outbox.tellings):
                number = outbox.acknowledged + 1
                await outbox.tellings[number - 1](self, str(number) if cursors else None)
                outbox.acknowledge(number)  # only now
            else:
                self.network.more.clear()
                await self.network.more.wait()

    async def notice(self) -> None:
        """No sign of life comes: after a while, that is an end."""
        await asyncio.sleep(_SILENCE)

    async def understand(self, body: bytes) -> None:
        """Make something of what the network said; of this, nobody can."""
        await self.host.set_aside(self.login.id, body, "Loopback said something that is no event")


@dataclass(slots=True)
class KeepingNetwork(LoopbackNetwork):
    """What people do there returns at once; the bridge hears of it when it can.

    What has no login of its own goes to the one that `first` names. `cursors`: it is the bridge
    that remembers how much it has. `told` hears of whatever is acknowledged.
    """

    first: LoginID = LoginID("loop:bot")  # noqa: RUF009 (a string)
    cursors: bool = False
    more: asyncio.Event = field(default_factory=asyncio.Event)
    outboxes: dict[LoginID, Outbox] = field(default_factory=dict)
    updates: int = 0
    silent: set[LoopbackClient] = field(default_factory=set)
    """Whom nothing is told, or answered, any more."""
    told: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        if not any(issubclass(one, Listening) for one in self.extra):
            self.extra = (Listening, *self.extra)

    def outbox(self, login: LoginID) -> Outbox:
        return self.outboxes.setdefault(login, Outbox(told=self.told))

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

    async def stall(self) -> None:
        """Every connection falls silent."""
        self.silent.update(self.clients.values())
        self.more.set()

    async def drop(self) -> None:
        await LoopbackNetwork.drop(self)
        self.more.set()  # who waits for more sees that the connection is gone

    async def rename(self, user: str, name: str) -> None:
        """Somebody has another name from here on."""
        info = self.users[user] = UserInfo(RemoteUserID(user), name)

        async def hand_over(client: LoopbackClient, _: str | None) -> None:
            await client.host.user_changed(client.login.id, info)

        self.tell(hand_over)
