"""What goes wrong in a story, and what operators do: a record each, as in `steps`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import MatrixEvent, Message
from bridgekit.ids import ChatID, NetworkName, PortalKey
from bridgekit.richtext import plain
from bridgekit.testing.loopback import only
from bridgekit.testing.rig import NETWORK
from tests.stateful.compare import View, matrix_shows
from tests.stateful.model import Crossing, Said, Side, unquoted
from tests.stateful.steps import Step
from tests.stateful.world import FREE, World

SEND = r"/(send|redact)/"
ANY = r"/_matrix/client"


@dataclass(frozen=True)
class Calm(Step):
    """Everything works again, and everything that waited is done."""

    async def play(self, world: World) -> None:
        await world.calm()


@dataclass(frozen=True)
class TimePasses(Step):
    seconds: float

    async def play(self, world: World) -> None:
        del world
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class BridgeDies(Step):
    back: bool = True

    async def play(self, world: World) -> None:
        await world.kill()
        if self.back:
            world.start()


@dataclass(frozen=True)
class BridgeStops(Step):
    back: bool = True

    async def play(self, world: World) -> None:
        await world.stop()
        if self.back:
            world.start()


@dataclass(frozen=True)
class BridgeStarts(Step):
    async def play(self, world: World) -> None:
        world.start()


@dataclass(frozen=True)
class HomeserverStops(Step):
    async def play(self, world: World) -> None:
        if world.homeserver_up:
            world.homeserver_up = False
            await world.hs.stop()


@dataclass(frozen=True)
class HomeserverStarts(Step):
    async def play(self, world: World) -> None:
        if not world.homeserver_up:
            world.homeserver_up = True
            await world.hs.start()


@dataclass(frozen=True)
class HomeserverRestarts(Step):
    """It forgets which requests it answered."""

    async def play(self, world: World) -> None:
        world.homeserver_up = True
        await world.hs.restart()


@dataclass(frozen=True)
class HomeserverFails(Step):
    status: int
    times: int

    async def play(self, world: World) -> None:
        code = "M_LIMIT_EXCEEDED" if self.status == 429 else "M_UNKNOWN"
        after = 500 if self.status == 429 else None
        for method in ("PUT", "POST"):
            world.hs.fail(
                method,
                ANY,
                status=self.status,
                errcode=code,
                times=self.times,
                retry_after_ms=after,
            )


@dataclass(frozen=True)
class HomeserverLosesAnswers(Step):
    times: int

    async def play(self, world: World) -> None:
        world.hs.lose_answer("PUT", SEND, times=self.times)


@dataclass(frozen=True)
class HomeserverCutsRequests(Step):
    times: int

    async def play(self, world: World) -> None:
        world.hs.drop_request("PUT", SEND, times=self.times)


@dataclass(frozen=True)
class HomeserverReplays(Step):
    """It was restored: what it pushed is pushed again, under the same IDs or under new ones."""

    count: int
    anew: bool = False

    async def play(self, world: World) -> None:
        if not (world.up and world.homeserver_up):
            return
        if not self.anew:
            await world.hs.replay_last(self.count)
            return
        events = [one for sent in world.hs.delivered()[-self.count :] for one in sent.events]
        again = {event["event_id"] for event in events}
        for chat in world.model.chats.values():
            for said in chat.said:
                # Nobody remembers what was said in a room that was not bridged; now it may be.
                if chat.linked and said.crossing is Crossing.NEVER and said.id in again:
                    said.crossing = Crossing.MAY
        await world.hs.push_transaction(f"anew {next(world.numbers)}", {"events": events})


@dataclass(frozen=True)
class NetworkDrops(Step):
    """All connections break; `away`: nobody can connect until it is over."""

    away: bool = False

    async def play(self, world: World) -> None:
        world.network.offline, world.gated = self.away, True
        world.cuts += 1
        await world.network.drop()


@dataclass(frozen=True)
class NetworkIsBack(Step):
    async def play(self, world: World) -> None:
        world.network.offline = False


@dataclass(frozen=True)
class NetworkAsksForPause(Step):
    seconds: float

    async def play(self, world: World) -> None:
        world.network.before.append(lambda _: RetryLater("busy", self.seconds))


def said_in(world: World, event: MatrixEvent[Any]) -> Said:
    """What is sent."""
    said = world.model.with_text(unquoted(plain(event.content.text)))
    assert said is not None
    return said


@dataclass(frozen=True)
class NetworkRefuses(Step):
    """The next message is not taken, and never will be."""

    async def play(self, world: World) -> None:
        def refuse(event: MatrixEvent[Any]) -> Rejected | None:
            if event.txn in world.network.given:  # what it took, no network denies
                return None
            said = said_in(world, event)
            # A bridge that dies before it has written that down asks again, and may be let through.
            said.refused, said.crossing = True, Crossing.MAY
            return Rejected("That is not allowed here.")

        world.network.before.append(only(refuse, Message))


@dataclass(frozen=True)
class NetworkLosesAnswer(Step):
    """`taken`: it takes what is sent, and the answer gets lost; else the request does."""

    taken: bool

    async def play(self, world: World) -> None:
        world.cuts += 1
        faults = world.network.after if self.taken else world.network.before

        def cut(event: MatrixEvent[Any]) -> ConnectionResetError:
            said = said_in(world, event)
            said.unanswered = self.taken
            return ConnectionResetError("cut")

        faults.append(only(cut, Message))


@dataclass(frozen=True)
class RoomUpgraded(Step):
    """Its members follow, once the bridge has; `dies`: after so many turns, and comes back."""

    dies: int | None

    async def play(self, world: World) -> None:
        chat = world.model.chats[FREE]
        if not chat.linked or not world.homeserver_up:
            return
        matrix, _ = await matrix_shows(world, chat)
        view = View(chat, Side.MATRIX, matrix, set())
        for said in chat.said:
            said.overtaken |= view.missing(said)
            said.anew = said.anew or not view.current(said)
        alice, body = world.people["alice"], {"new_version": "11"}
        answer = await alice.request("POST", f"/rooms/{chat.room}/upgrade", body)
        if self.dies is not None:
            await world.turns(self.dies)
            await world.kill()
            world.start()
        await world.calm()
        chat.rooms.append(answer["replacement_room"])
        await world.people["carol"].join(chat.room)


@dataclass(frozen=True)
class Unlinked(Step):
    dies: int | None

    async def play(self, world: World) -> None:
        await world.calm()
        chat = world.model.chats[FREE]
        if chat.linked:
            await world.operate(self._unlink, self.dies)
            chat.linked = False
            await world.calm()

    async def _unlink(self, world: World) -> None:
        portal = await world.parts.portals.find(PortalKey(NetworkName(NETWORK), ChatID(FREE)))
        await world.parts.matrix.rooms.unlinking.unlink(portal)


@dataclass(frozen=True)
class Linked(Step):
    dies: int | None

    async def play(self, world: World) -> None:
        await world.calm()
        chat = world.model.chats[FREE]
        if not chat.linked:
            await world.operate(self._link, self.dies)
            chat.linked = True
            await world.calm()

    async def _link(self, world: World) -> None:
        await world.link(world.model.chats[FREE].room)
