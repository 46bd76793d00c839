"""A whole bridge between a fake homeserver and a fake network; what happens on both is shown."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bridgekit.cli.rehearsal.fakes import Subject
from bridgekit.cli.rehearsal.hints import hinted
from bridgekit.cli.rehearsal.lines import scripted
from bridgekit.cli.rehearsal.logged import listen
from bridgekit.cli.rehearsal.outcomes import Outcomes
from bridgekit.cli.rehearsal.screen import Screen, Side
from bridgekit.cli.rehearsal.telling import Telling
from bridgekit.cli.rehearsal.waiting import waiting_in
from bridgekit.cli.rehearsal.words import is_said, of_content, of_event
from bridgekit.configuration.config import Config, Network
from bridgekit.ids import NetworkName
from bridgekit.namespaces import NETWORK_NAME
from bridgekit.testing.contract import FakeNetwork
from bridgekit.testing.contract.room import linked_room
from bridgekit.testing.contract.watching import Watch, watched
from bridgekit.testing.faults import told
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.rig import Rig

_TICK = 0.05  # seconds between two looks at the network, which does not say when it hears something
_READY = 10.0
_REPEATED = 5.0  # seconds in which what is told again is handed over again
_BOT = "@bridgebot:"
_CHECK = "import sys; from bridgekit.cli.rehearsal.fakes import check; check(*sys.argv[1:])"


class Rehearsal:
    """`network` is the fake; Alice is on Matrix, in `room` and in her private chats."""

    def __init__(self, subject: Subject, network: FakeNetwork, rig: Rig, screen: Screen) -> None:
        self._subject, self._rig, self.screen = subject, rig, screen
        self.network, self.hs, self.alice = network, rig.hs, rig.hs.person("alice")
        self.name = _name(subject)
        self.watch = Watch(Telling(screen))
        self.outcomes = Outcomes(screen)
        self.away = False
        self._heard = self._due = 0
        self._swapping = False
        self._looking = asyncio.Lock()
        self._fault = ""

    async def open(self) -> None:
        """A room for the chat, and the bridge between them, which does not run yet."""
        listen(self.outcomes.ended.append, self.screen.trouble, self._subject.home)
        adapter = hinted(self._subject.adapter, self.network, self.screen.answer)
        network = Network(self.name, watched(adapter, self.watch), self.network.settings, ())
        self.room = await linked_room(
            self._rig, self.alice, network, self.network.chat, "Rehearsal"
        )
        self.hs.world.on_event.append(self._happened)
        self.network.watched_by(self.screen.trace)

    # The bridge.

    @property
    def running(self) -> bool:
        return self._rig.task is not None

    async def start(self) -> None:
        """Have a bridge, at work if the homeserver is there."""
        self.screen.trace("the bridge starts")
        task = self._rig.begin()
        if self.away:
            self.screen.trace("the bridge waits for the homeserver; /back brings it back")
            return
        ready = asyncio.create_task(self._rig.bridge.ready.wait())
        try:
            await asyncio.wait({ready, task}, timeout=_READY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if ready.done() and not ready.cancelled() and not task.done():
            self.screen.trace("the bridge is at work")

    async def stop(self) -> None:
        """In good order."""
        self.screen.trace("the bridge is told to stop")
        await self._rig.stop()
        await self.look()

    async def kill(self) -> None:
        """As nearly as a process can kill a part of itself."""
        where = waiting_in(self._subject.home, but=type(self.network))
        while_ = f", while the adapter waits at {'; '.join(where)}" if where else ""
        self.screen.trace(f"the bridge is killed{while_}")
        await self._rig.kill()

    async def leave(self) -> None:
        """The homeserver goes down; Alice's client still shows what she types."""
        self.away = True
        await self.hs.stop()
        self.screen.trace("the homeserver is away")

    async def back(self) -> None:
        """The homeserver comes back, and tells the bridge what it missed."""
        await self.hs.start()
        self.hs.retry_now()
        self.away = False
        self.screen.trace("the homeserver is back")

    @property
    def config(self) -> Config:
        """The bridge's."""
        return self._rig.config

    async def unusable(self) -> str | None:
        """Why the adapter, as its code is now, could not be rehearsed anew; None: it can."""
        subject = self._subject
        words = [subject.name] if subject.fake is None else [subject.name, subject.fake]
        process = await create_subprocess_exec(
            sys.executable, "-c", _CHECK, *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        _, said = await process.communicate()
        return said.decode("utf-8", "replace").strip() if process.returncode else None

    def broke(self, error: BaseException) -> None:
        """Something that is the author's raised this."""
        for line in told(error, self._subject.home):
            self.screen.trouble(line)

    # What is under way.

    def began(self, event: str) -> None:
        """Alice did this: it is under way until the bridge says how it ended."""
        self.outcomes.awaited.add(event)

    def told(self) -> None:
        """Somebody did something on the network, and the bridge will be told of it."""
        if self._swapping:
            self._swapping = False
        elif self.watch.clients or self.network.keeps:
            self._due = max(self._due, self.watch.stored) + 1

    def repeated(self) -> Callable[[], Awaitable[str | None]]:
        """Called once what was told last is told again: what became of it, where no job says so."""
        stored, brought = self.watch.stored, self.outcomes.to_matrix

        async def outcome() -> str | None:
            try:
                async with asyncio.timeout(_REPEATED):
                    while self.running and self.watch.stored == stored:  # noqa: ASYNC110 (as below)
                        await asyncio.sleep(_TICK)
            except TimeoutError:
                return "nothing is handed over again"
            await self.settled(_REPEATED)
            new = not self.running or self.outcomes.to_matrix > brought
            return None if new else "recognised as a repetition: nothing more comes of it"

        return outcome

    def swaps(self) -> None:
        """The next thing that is done there comes behind the one after it."""
        self._swapping = True

    def _settled(self) -> bool:
        parts = self._rig.bridge.parts
        return (
            self.watch.stored >= self._due
            and not self.outcomes.awaited
            and not self.outcomes.ended
            and (parts is None or parts.queue.waiting == 0)
        )

    async def settled(self, within: float) -> bool:
        """Wait until nothing is under way any more; False if that takes too long."""
        try:
            async with asyncio.timeout(within):
                while self.running and not self._settled():  # noqa: ASYNC110 (told by nobody)
                    await asyncio.sleep(_TICK)
        except TimeoutError:
            return False
        await self.look()
        return True

    # What is to be seen.

    async def look(self) -> None:
        """Show what has happened since the last time; a fake that fails ends only a script."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        try:
            self._show_heard()
        except Exception as error:
            if scripted():
                raise
            if repr(error) != self._fault:  # it is asked again and again
                self.broke(error)
            self._fault = repr(error)
        self.outcomes.drops.attend(self._rig.bridge)
        await self.outcomes.tell(self.config)
        for line in self.outcomes.drops.news(self._rig.bridge):
            self.screen.trace(line)
        parts = self._rig.bridge.parts
        if self.running and parts is not None and parts.queue.waiting:
            await self.outcomes.tell_waiting(self.config)
        self._ended()

    def _show_heard(self) -> None:
        heard = self.network.heard()
        for one in heard[self._heard :]:
            words = of_content(one.content, lambda name: self.screen.number(Side.NETWORK, name))
            who = one.who or "the bridge"
            name = one.id if is_said(one.content) else None
            self.screen.message(Side.NETWORK, who, words, name, ours=True)
        self._heard = len(heard)

    async def watching(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            await self.look()

    def _ended(self) -> None:
        task = self._rig.task
        if task is None or not task.done() or task.cancelled():
            return
        self._rig.task = None
        error = task.exception()
        what, *where = told(error, self._subject.home) if error else ["by itself"]
        for line in (f"the bridge has ended: {what}", *where):
            self.screen.trouble(line)

    def _happened(self, room: Room, event: Event) -> None:
        words = of_event(
            event,
            lambda name: self.screen.number(Side.MATRIX, name),
            lambda user: self._called(room, user),
        )
        private = room.id != self.room
        if words is None or (private and event.state_key is not None):
            return
        words = f"(in private) {words}" if private else words
        ours = self._is_ours(event.sender)
        who = self._called(room, event.sender)
        if event.type in ("m.room.message", "m.reaction"):
            self.screen.message(Side.MATRIX, who, words, event.id, ours=ours)
        elif event.state_key is not None:
            self.screen.trace(f"on Matrix, {who}: {words}")
        else:
            self.screen.message(Side.MATRIX, who, words, None, ours=ours)

    def _is_ours(self, user: str) -> bool:
        return user.startswith((_BOT, f"@{self.name}_"))

    def _called(self, room: Room, user: str) -> str:
        """As people see them: a ghost may have an ID that tells nobody who it is."""
        name = room.content("m.room.member", user).get("displayname")
        if name and self._is_ours(user):
            return str(name)
        return user.partition(":")[0].removeprefix(f"@{self.name}_").removeprefix("@")


def _name(subject: Subject) -> NetworkName:
    """What an operator might call the network: as its adapter is called, where that may be."""
    name = subject.adapter.manifest.name
    return NetworkName(name if NETWORK_NAME.fullmatch(name) else "net")


@asynccontextmanager
async def rehearsed(
    subject: Subject, network: FakeNetwork, folder: Path, screen: Screen
) -> AsyncIterator[Rehearsal]:
    """A rehearsal with a bridge at work; left, none is any more."""
    unlinked = Network(_name(subject), subject.adapter, network.settings, ())
    async with Rig(folder, networks=(), others=(unlinked,), public=True) as rig:
        rehearsal = Rehearsal(subject, network, rig, screen)
        await rehearsal.open()
        await rehearsal.start()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(rehearsal.watching())
            try:
                yield rehearsal
            finally:
                watching.cancel()
        if rehearsal.running:
            await rehearsal.stop()
