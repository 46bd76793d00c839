"""Where scenarios play: Alice in a room on Matrix, people in a chat of the network, a bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bridgekit.adapter import Adapter, Client, Limits
from bridgekit.adapter_supports import SupportsNames
from bridgekit.bridge import Bridge
from bridgekit.composition.parts import Parts
from bridgekit.configuration.config import Network
from bridgekit.configuration.link_check import unconnected
from bridgekit.events import Content, Message
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, NetworkName
from bridgekit.models import Direction
from bridgekit.printable import printable
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsLimits
from bridgekit.testing.contract.belongings import Belongings
from bridgekit.testing.contract.dropping import Drops
from bridgekit.testing.contract.ending import ended
from bridgekit.testing.contract.naming import Named
from bridgekit.testing.contract.network import FakeNetwork, Heard
from bridgekit.testing.contract.room import linked_room
from bridgekit.testing.contract.shown import JSON, OnMatrix, OnNetwork
from bridgekit.testing.contract.story import Broken, Story, in_words, on_matrix, shortened
from bridgekit.testing.contract.timing import Time
from bridgekit.testing.contract.watching import Watch, watched
from bridgekit.testing.crash import Allowed, MatrixEnd
from bridgekit.testing.faults import told
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.rig import Rig

T = TypeVar("T")

NETWORK = NetworkName("net")
_KEPT = (Reason.BROKEN_RECORD, Reason.INTERNAL)  # the latter of what `convert` fails on
_STEP = 0.25
_TOLD = ("m.room.member", "m.room.name", "m.room.topic", "m.room.pinned_events")
_LONGEST_CAUSE = 200  # characters
_SILENT = 10.0  # seconds after which what is not kept is said again


class Stage:
    """`story` tells everything that happens; `watch` sees what the adapter does."""

    def __init__(
        self,
        rig: Rig,
        time: Time,
        adapter: type[Adapter[Any]],
        network: FakeNetwork,
        allowed: Allowed,
    ) -> None:
        began = time.clock.monotonic()
        self.story = Story(lambda: time.clock.monotonic() - began)
        self.watch = Watch(self.story)
        self.adapter, self.network, self.time = adapter, network, time
        self.rig, self.hs = rig, rig.hs
        self.end_of_matrix = MatrixEnd(rig, allowed)
        self.alice = self.end_of_matrix.alice
        self.there = OnNetwork(network)
        self.belongings = Belongings()
        self.bridge: Bridge | None = None
        self._named, self._drops = Named(), Drops()
        self._heard = self._asked = 0
        self._running: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        rig.hs.world.on_event.append(self._note)
        network.watched_by(self.story.tell)

    async def open(self) -> None:
        """Have a room for the chat to be linked to."""
        seen = watched(self.adapter, self.watch)
        network = Network(NETWORK, seen, self.network.settings, ())
        self.room = self.end_of_matrix.room = await linked_room(
            self.rig, self.alice, network, self.network.chat
        )
        world = self.hs.world
        self.here = OnMatrix(world, world.rooms[self.room], f"@{NETWORK}_", "@bridgebot")

    async def linked(self, chat: str) -> str:
        """Link another chat to another room, before a bridge starts; returns the room."""
        return await linked_room(self.rig, self.alice, self.rig.others[NETWORK], chat)

    # The bridge.

    async def start(self) -> None:
        """Have a bridge at work."""
        running, ready = self.begin()
        await self.until(lambda: ready.is_set() or running.done(), "the bridge starts")
        if running.done():
            await running

    def begin(self) -> tuple[asyncio.Task[None], asyncio.Event]:
        """Have a bridge that starts; what runs it, and what is set once it is at work."""
        self._stop = asyncio.Event()
        bridge = self.made(self.rig.folder)
        self._running = self.belongings.begin(bridge.run(self._stop))
        return self._running, bridge.ready

    def made(self, folder: Path) -> Bridge:
        """A bridge that does not run yet, with its database in this folder."""
        self.story.tell("the bridge starts")
        self.bridge = self.end_of_matrix.bridge(folder)
        return self.bridge

    async def stop(self) -> None:
        """End it in good order."""
        running, self._running = self._running, None
        if running is not None:
            self.story.tell("the bridge is told to stop")
            self._stop.set()
            await ended(running, self.belongings)
            await running

    async def kill(self) -> None:
        """End it at once, as near as a process can come to killing a part of itself."""
        running, self._running = self._running, None
        if running is not None:
            self.story.tell("the bridge is killed")
            running.cancel()
            await ended(running, self.belongings)

    async def meet(self) -> None:
        """Let both sides speak once: whatever the first word sets up is there."""
        await self.attended()
        await self.says("good day")
        await self.heard("good day")

    async def attended(self) -> None:
        """Return once what people on the network say arrives; what is lost is said again."""
        for _ in range(20):
            self._asked += 1
            words = f"is anybody there? {self._asked}"
            await self.said("bob", words)
            try:
                await self.seen(words, within=None if self.network.keeps else _SILENT)
            except Broken:
                if self.network.keeps:
                    raise
            else:
                return
        raise Broken("What people say on the network never arrives on Matrix.")

    # What people do.

    async def does(self, who: str, content: Content) -> MessageID | None:
        """Somebody on the network does something."""
        self.story.tell(f"on the network, {who} {in_words(content)}")
        named = await self.network.say(who, content)
        self._named.give(content, named)
        return named

    async def said(self, who: str, text: str) -> MessageID | None:
        """Somebody on the network says something; returns its ID there."""
        return await self.does(who, Message(from_plain(text)))

    async def says(self, text: str) -> str:
        """Alice says something on Matrix; returns its event ID."""
        return await self.alice.say(self.room, text)

    @property
    def other(self) -> str:
        """Who else than Bob is on the network: where a chat is with one person, nobody is."""
        return "bob" if self.network.direct else "carol"

    # Waiting for what is to be seen.

    async def seen(self, body: str, within: float | None = None) -> JSON:
        """The event with which somebody of the network says this, once it is on Matrix."""

        def found() -> JSON | None:
            said = (one for one in self.here.said() if one["content"].get("body") == body)
            return next(said, None)

        return await self.until(found, f"{shortened(body)} is seen on Matrix", within)

    async def heard(self, text: str) -> Heard:
        """The message of the network that has this in it, once it is there."""

        def found() -> Heard | None:
            return next((one for said, one in self.there.messages() if text in said), None)

        return await self.until(found, f"{shortened(text)} is heard on the network")

    async def until(
        self, condition: Callable[[], T | None], what: str, within: float | None = None
    ) -> T:
        """The first truthy value of this. `Broken` if that takes too long."""
        patience = within or self.network.patience
        limit = self.time.clock.monotonic() + patience
        while not (found := condition()):
            self.watch.expect_fitting()
            if self.time.clock.monotonic() > limit:
                never = f"This never happens: {what} (waited for {patience:.0f} s)."
                raise Broken(f"{self._first_of_all()}{never}")
            await self.time.passes(_STEP)
            self.listen()
        self.listen()
        return found

    def _first_of_all(self) -> str:
        """What is to be mended before anything else can happen, if there is something."""
        if self.watch.connected or not self.watch.refusals:
            return ""
        cause = printable(told(self.watch.refusals[-1])[0])[:_LONGEST_CAUSE]
        return f"No login connects ({cause}). "

    async def quiet(self, seconds: float = 10.0) -> None:
        """Let time pass, so that whatever is still to come has come."""
        await self.time.passes(seconds)
        self.listen()

    # What the adapter declares.

    @property
    def client(self) -> Client:
        """One of the connected clients, that of a person if there is one."""
        clients, people = self.watch.clients, self.watch.people
        own = [client for login, client in clients.items() if login in people]
        return next(iter(own or clients.values()))

    @property
    def chat(self) -> Chat:
        """The chat, as the core knows it by the name that its operator writes."""
        adapter = unconnected(self.adapter, self.network.settings)
        written = self.network.chat
        named = adapter.chat_named(written) if isinstance(adapter, SupportsNames) else None
        return named or Chat(ChatID(written))

    @property
    def limits(self) -> Limits:
        """What the chat takes."""
        client = self.client
        if isinstance(client, SupportsLimits):
            return client.limits(self.chat)
        limits: Limits = self.adapter.manifest.limits
        return limits

    @property
    def set_aside(self) -> int:
        """How often this bridge has kept for its operator what could not be understood."""
        counts = self.parts.status.counts
        return sum(counts[NETWORK, Direction.TO_MATRIX, reason] for reason in _KEPT)

    @property
    def parts(self) -> Parts:
        """Of the bridge that runs."""
        found = None if self.bridge is None else self.bridge.parts
        assert found is not None  # noqa: S101 (both sides have spoken)
        return found

    @property
    def at_work(self) -> Adapter[Any]:
        """The adapter that the bridge has."""
        network = self.parts.networks.get(NETWORK)
        assert network is not None  # noqa: S101 (there is this one)
        return network.adapter

    # The story.

    def listen(self) -> None:
        """Tell what the network has heard since the last time, and what the bridge has dropped."""
        heard = self.network.heard()
        for one in heard[self._heard :]:
            self.story.tell(f"the network hears: {one.who or 'the bridge'} {in_words(one.content)}")
        new, self._heard = heard[self._heard :], len(heard)
        for line in () if self.bridge is None else self._drops.news(self.bridge):
            self.story.tell(line)
        for one in new:
            self._named.give(one.content, one.id)

    def _note(self, _room: Room, event: Event) -> None:
        if event.state_key is None or event.type in _TOLD:
            self.story.tell(on_matrix(event.sender, event.type, event.content, event.state_key))
