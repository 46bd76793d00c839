"""A hundred thousand members cost rows, not memory: homeserver and database are stubs here."""

from __future__ import annotations

import asyncio
from bisect import bisect_right

from bridgekit.configuration.settings import MembersSettings
from bridgekit.events import MemberState
from bridgekit.ids import ChatID, NetworkName, PortalID, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.matrix.intents import Intents
from bridgekit.membership.admission import Admission
from bridgekit.membership.attendance import BATCH, Attendance
from bridgekit.membership.members import Members
from bridgekit.membership.moves import Moves
from bridgekit.membership.pace import MOST, Pace
from bridgekit.membership.whereabouts import KEPT
from bridgekit.models import Ghost, Portal, PortalState, Want
from bridgekit.testing.clock import VirtualClock

MANY = 120_000
LOOP = NetworkName("loop")
PORTAL = Portal(
    PortalID(1), PortalKey(LOOP, ChatID("#c")), PortalState.BOUND, RoomID("!r:example.org")
)


class Table:
    """The table of members: all have left the chat, and are in the room until it is written."""

    def __init__(self, count):
        self.users = sorted(f"user{number}" for number in range(count))
        self.there = set(self.users)
        self.longest_page = 0

    async def drifted(self, after, limit):
        del limit
        return [PORTAL.id] if self.there and after < PORTAL.id else []

    async def coming(self, portal, after, limit):
        del portal, after, limit
        return []

    async def going(self, portal, after, limit):
        place, page = bisect_right(self.users, after), []
        while place < len(self.users) and len(page) < limit:
            if self.users[place] in self.there:
                page.append(Want(portal, self.users[place], MemberState.LEAVE))
            place += 1
        self.longest_page = max(self.longest_page, len(page))
        return page

    async def want(self, portal, user):
        return Want(portal, user, MemberState.LEAVE)

    async def actual(self, portal, user):
        del portal
        return MemberState.JOIN if user in self.there else MemberState.LEAVE

    async def write(self, rows):
        for _, changes in rows.changes:
            self.there -= {change["user"] for change in changes}


class Ghosts:
    def bridged(self, network):
        del network
        return True

    async def ensure(self, network, user):
        return Ghost(network, RemoteUserID(user), UserID(f"@loop_{user}:example.org"))


class Portals:
    async def get(self, portal):
        del portal
        return PORTAL


class Queue:
    async def idle(self, lane):
        del lane


class Homeserver(Intents):
    """Takes every leave; from the `until`-th on it does not answer any more."""

    def __init__(self):
        self.left = self.running = self.most = 0
        self.until = MANY * 2
        self.silent = asyncio.Event()

    async def leave(self, user, room, reason=""):
        del user, room, reason
        self.running += 1
        self.most = max(self.most, self.running)
        self.left += 1
        if self.left >= self.until:
            self.silent.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.running -= 1


class Side:
    """A bridge's membership over one store, as after a start."""

    def __init__(self, table, homeserver):
        clock, ghosts = VirtualClock(), Ghosts()
        pace = Pace(clock)
        self.members = Members(
            rows=table, writer=table, intents=homeserver, ghosts=ghosts, portals=Portals(),
            clock=clock, name=None, moves=Moves(homeserver, ghosts, pace),
        )  # fmt: skip
        self.attendance = Attendance(
            members=self.members, ghosts=ghosts, portals=Portals(), queue=Queue(), clock=clock,
            pace=pace, fresh=lambda _: None,
            admission=Admission(lambda _: MembersSettings(), table, ghosts, clock),
        )  # fmt: skip
        self.heaviest = 0

    async def run(self, until):
        """Work until `until` holds, and be killed."""
        task = asyncio.create_task(self.attendance.run())
        turns = 0
        while not until():
            if turns % 50 == 0:
                self.heaviest = max(self.heaviest, self.weight)
            turns += 1
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def weight(self):
        """How many things are held in memory, but for the one look-up that has a size."""
        assert len(self.members._where._actual._items) <= KEPT < MANY
        reconciler = self.attendance._reconciler
        held = (reconciler._waiting, reconciler._busy, reconciler._again, self.members._moved)
        return sum(map(len, (*held, self.members._locks._locks, asyncio.all_tasks())))


async def test_120_000_queued_leaves_are_worked_off_in_bounded_memory_over_a_kill():
    table, homeserver = Table(MANY), Homeserver()
    homeserver.until = MANY // 2
    first, second = Side(table, homeserver), Side(table, homeserver)
    await first.run(homeserver.silent.is_set)
    done = MANY - len(table.there)
    assert MANY // 2 - MOST <= done < MANY // 2, "what was done is stored, but what was under way"
    homeserver.until, homeserver.running = MANY * 2, 0
    await second.run(lambda: not table.there)
    assert max(first.heaviest, second.heaviest) < 4 * MOST
    assert homeserver.most <= MOST
    assert table.longest_page == BATCH <= 100
    assert homeserver.left <= MANY + MOST, "only what was under way is done twice"
