"""What a chat said while nobody listened is read from its network, and shown before what is new.

From a connect until a chat's gap is filled its lane to Matrix stands still; what comes meanwhile is
stored behind the places that are kept for the past (delivery rule 21). The same reading gives a new
room its history, as the operator wants it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.events import ChatChange
from bridgekit.ids import LoginID, NetworkName, PortalID, PortalKey
from bridgekit.lanes.queue import Queue
from bridgekit.models import Draft, Portal
from bridgekit.networks import Network, Networks
from bridgekit.past.known_past import KnownPast
from bridgekit.past.listened import listened
from bridgekit.past.open_gaps import OpenGaps
from bridgekit.past.past_reader import PastReader
from bridgekit.past.unheard import Unheard
from bridgekit.room.portals import Portals
from bridgekit.store.gaps import GapRows, Reserve, close_gap
from bridgekit.store.people import People
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsHistory

log = structlog.get_logger()

AT_ONCE = 4  # chats
TRY_AGAIN = 1.0  # seconds until the store may be back
PATIENCE = 300.0  # seconds for which a lane stands still without anybody who reads


class Gaps:
    """Of all networks."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        rows: GapRows,
        people: People,
        queue: Queue,
        writer: Writer,
        clock: Clock,
        braked: Callable[[PortalKey], bool],
    ) -> None:
        self._networks, self._portals, self._rows = networks, portals, rows
        self._queue, self._writer, self._clock, self._braked = queue, writer, clock, braked
        self._starting: dict[tuple[NetworkName, LoginID], asyncio.Event] = {}
        self._early: dict[tuple[NetworkName, LoginID], set[PortalID]] = {}
        self._open = OpenGaps()
        queue.aside.shut(self._open)
        self._past_of = KnownPast(rows, people, writer)
        self._unheard = Unheard(portals, self._past_of, people, writer, clock)
        self._reader = PastReader(networks, portals, self._past_of, clock)
        self._connects, self._woken = asyncio.Event(), asyncio.Event()

    async def load(self) -> None:
        """Hold back what an earlier process stored behind a gap that is not filled."""
        for gap in await self._rows.all():
            portal = await self._portals.get(gap.portal)
            if self._networks.get(portal.key.network) is None:
                continue  # nobody will read it: what is there goes its way
            self._open.open(gap.portal).kept = gap
            self._clock.call_later(PATIENCE, partial(self._lost_patience, gap.portal))

    def connected(self, name: NetworkName, login: LoginID) -> None:
        """A login is connected anew, and has received nothing yet."""
        network = self._networks.get(name)
        client: object = None if network is None else network.logins.client_of(login)
        if isinstance(client, SupportsHistory):
            self._starting.setdefault((name, login), asyncio.Event())
        self._unheard.connected(name, login, client)
        self._open.fill_first(self._early.pop((name, login), set()))
        self._connects.set()

    async def linked(self, portal: Portal) -> None:
        """A chat has a room from now on; not connected: its login's connect sees to it."""
        network = self._networks.get(portal.key.network)
        login = None if network is None else network.logins.listeners.hearing(portal.key)
        if network is not None and login is not None:
            await self._begins(network, login, portal.id)

    async def behind(self, name: NetworkName, login: LoginID, new: Sequence[Draft]) -> None:
        """Something new is about to be stored: keep places before it."""
        network = self._networks.get(name)
        if network is None:
            return
        said = (one for one in new if one.kind != ChatChange.__name__)  # IRC tells it on a join
        await self._unheard.before(network, login, _portals(said))
        await self._started(name, login)  # nothing may be waited for behind this
        early = not self._unheard.on(name, login) and network.logins.connecting(login)
        for portal in _portals(new):
            if early:
                self._hold_early(name, login, portal)
            elif portal not in self._open and not await self._begins(network, login, portal):
                continue
            gap = self._open[portal]
            async with gap.lock:
                if gap.kept is None and self._open.get(portal) is gap:
                    self._open.hurry(portal)  # somebody talks there
                    most = network.options.history.most + 1  # a word of ours may end it
                    gap.kept = await self._writer.write(Reserve(portal, gap.after, most))

    async def _started(self, name: NetworkName, login: LoginID) -> None:
        """Wait until a connect has opened the gaps of all chats that it brings the events of."""
        starting = self._starting.get((name, login))
        if starting is not None:
            await starting.wait()

    async def run(self) -> None:
        """Read the past until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._fill_each(), name="gaps")
                group.create_task(self._unheard.run(), name="losses")
                while True:
                    await self._connects.wait()
                    self._connects.clear()
                    for name, login in list(self._starting):
                        await self._start(name, login)
                    self._woken.set()
        finally:  # nobody starts any more what somebody may wait for
            for starting in self._starting.values():
                starting.set()

    async def _start(self, name: NetworkName, login: LoginID) -> None:
        try:
            await self._begin(name, login)
        except Exception as error:  # noqa: BLE001 (the store, say: it is tried again, and nothing ends)
            log.warning("gaps wait", network=name, error=type(error).__name__)
            self._clock.call_later(TRY_AGAIN, self._connects.set)
        else:
            self._starting.pop((name, login)).set()

    async def _fill_each(self) -> None:
        while True:
            portal = self._open.next()
            if portal is None:
                self._woken.clear()
                await self._woken.wait()
                continue
            try:
                if await self._must_wait(portal):
                    await self._clock.sleep(TRY_AGAIN)
                    self._open.later(portal)
                    continue
                await self._fill(portal)
            except Exception as error:  # noqa: BLE001 (one chat must not stop the others)
                log.warning("a gap waits", portal=portal, error=type(error).__name__)
                if portal in self._open:
                    gap = self._open[portal]
                    gap.filling = gap.to_fill = False
                self._clock.call_later(TRY_AGAIN, partial(self._lost_patience, portal))

    async def _must_wait(self, portal_id: PortalID) -> bool:
        """Whether the operator holds it, or the network has brought too much already."""
        portal = await self._portals.get(portal_id)
        network = self._networks.get(portal.key.network)
        return self._braked(portal.key) or (network is not None and network.host.past_must_wait())

    async def _begin(self, name: NetworkName, login: LoginID) -> None:
        network = self._networks.get(name)
        if network is None:
            return
        portals = await listened(self._rows, self._portals, network, login)
        stored = await self._rows.stored() if portals else {}  # what is new waits for us
        for portal in portals:
            self._open.fill(portal)
        for portal in stored.keys() & set(portals):
            gap = self._open[portal]
            if gap.after is None and (gap.kept is None or gap.kept.after is None):
                gap.after = stored[portal]

    def _hold_early(self, name: NetworkName, login: LoginID, portal: PortalID) -> None:
        """It came before its login was connected: what was missed is not even asked for yet."""
        if portal not in self._open:
            self._open.open(portal)
            self._early.setdefault((name, login), set()).add(portal)
            self._clock.call_later(PATIENCE, partial(self._lost_patience, portal))

    async def _begins(self, network: Network, login: LoginID, portal: PortalID) -> bool:
        """Whether a chat's past is wanted and nothing is known of it: it is read now."""
        wanted = network.options.history.wanted
        if not (wanted and isinstance(network.logins.client_of(login), SupportsHistory)):
            return False
        if await self._past_of.has(await self._portals.get(portal)):
            return False
        if portal not in self._open:  # else it is read already, or will be
            self._open.fill(portal)
            self._woken.set()
        return True

    async def _fill(self, portal: PortalID) -> None:
        """Read what is missing of a chat; its lane goes on, whatever comes of it."""
        gap, missing = self._open[portal], ""
        gap.filling = True
        while gap.to_fill:  # again, if its login connects anew meanwhile
            gap.to_fill = False
            missing = await self._reader.read(portal, gap)
        if missing:
            await self._reader.say(portal, gap, missing)
        await self._close(portal)

    async def _close(self, portal: PortalID) -> None:
        gap = self._open[portal]
        async with gap.lock:
            if gap.kept is not None:
                await self._writer.write(close_gap(portal))
            self._open.close(portal)
        if gap.to_fill:
            self._open.fill(portal)
            self._woken.set()
        else:
            self._queue.aside.reopened(portal)

    def _lost_patience(self, portal: PortalID) -> None:
        """No login came that could have read it: what was said since shall not wait for ever."""
        if portal in self._open:
            self._open.fill(portal)
            self._woken.set()


def _portals(new: Iterable[Draft]) -> list[PortalID]:
    return list(dict.fromkeys(one.lane.portal for one in new if one.lane.portal is not None))
