"""What a chat said while nobody listened is read from its network, and shown before what is new.

From a connect until a chat's gap is filled its lane to Matrix stands still; what comes meanwhile is
stored behind the places that are kept for the past (delivery rule 21). The same reading gives a new
room its history, as the operator wants it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.history import History, Past
from bridgekit.ids import LoginID, MessageID, NetworkName, PortalID, RoomID
from bridgekit.lru import LRU
from bridgekit.models import Portal, PortalState, lane_to_matrix
from bridgekit.networks import Network, Networks
from bridgekit.portals import Portals
from bridgekit.queue import Queue
from bridgekit.status import Status
from bridgekit.store.gaps import Gap, GapRows, Reserve, close_gap
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsHistory

log = structlog.get_logger()

AT_ONCE = 4  # chats
TRIES = 3
PATIENCE = 300.0  # seconds for which a lane stands still without anybody who reads
MISSED = "⚠ Some messages may be missing here: {why}."


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
        status: Status,
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._rows, self._people = networks, portals, rows, people
        self._queue, self._writer, self._status, self._clock = queue, writer, status, clock
        self._starting: dict[tuple[NetworkName, LoginID], asyncio.Event] = {}
        self._without: set[tuple[NetworkName, LoginID]] = set()  # they have no history
        self._early: dict[tuple[NetworkName, LoginID], set[PortalID]] = {}
        self._open: dict[PortalID, OpenGap] = {}
        self._todo: OrderedDict[PortalID, None] = OrderedDict()
        self._past_read: LRU[PortalID, bool] = LRU(10_000)
        self._woken = asyncio.Event()

    async def load(self) -> None:
        """Hold back what an earlier process stored behind a gap that is not filled."""
        for gap in await self._rows.all():
            self._shut(gap.portal).kept = gap
            self._clock.call_later(PATIENCE, partial(self._lost_patience, gap.portal))

    def connected(self, name: NetworkName, login: LoginID) -> None:
        """A login is connected anew, and has received nothing yet."""
        network = self._networks.get(name)
        client: object = None if network is None else network.logins.client_of(login)
        if isinstance(client, SupportsHistory):
            self._starting.setdefault((name, login), asyncio.Event())
            self._without.discard((name, login))
        else:
            self._without.add((name, login))
        self._todo.update(dict.fromkeys(self._early.pop((name, login), ())))
        self._woken.set()

    async def behind(
        self, name: NetworkName, login: LoginID, portals: Collection[PortalID]
    ) -> None:
        """Something new is about to be stored in these portals: keep places before it."""
        network = self._networks.get(name)
        if network is None:
            return
        starting = self._starting.get((name, login))
        if starting is not None:
            await starting.wait()
        early = network.logins.connecting(login) and (name, login) not in self._without
        for portal in portals:
            if early:
                self._hold_early(name, login, portal)
            elif portal not in self._open and not await self._begins(network, login, portal):
                continue
            gap = self._open[portal]
            async with gap.lock:
                if gap.kept is None and portal in self._open:
                    most = network.options.history.most
                    gap.kept = await self._writer.write(Reserve(portal, gap.after, most))
            if portal in self._todo:
                self._todo.move_to_end(portal, last=False)  # somebody talks there

    async def run(self) -> None:
        """Read the past until cancelled."""
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for (name, login), event in list(self._starting.items()):
                    await self._begin(name, login)
                    del self._starting[name, login]
                    event.set()
                while self._todo:
                    await slots.acquire()
                    portal, _ = self._todo.popitem(last=False)
                    task = group.create_task(self._fill(portal), name="gap")
                    task.add_done_callback(lambda _: slots.release())
                await self._woken.wait()

    async def _begin(self, name: NetworkName, login: LoginID) -> None:
        network = self._networks.get(name)
        if network is None:
            return
        portals = await self._rows.bridged(name, login)
        if login == network.logins.listener():
            portals += await self._rows.bridged(name, None)
        for portal in portals:
            self._shut(portal)
            self._todo[portal] = None

    def _hold_early(self, name: NetworkName, login: LoginID, portal: PortalID) -> None:
        """It came before its login was connected: what was missed is not even asked for yet."""
        if portal not in self._open:
            self._shut(portal)
            self._early.setdefault((name, login), set()).add(portal)
            self._clock.call_later(PATIENCE, partial(self._lost_patience, portal))

    async def _begins(self, network: Network, login: LoginID, portal: PortalID) -> bool:
        """Whether this is the first word of a chat whose past is wanted."""
        if not network.options.history.wanted or await self._has_past(network.name, portal):
            return False
        if not isinstance(network.logins.client_of(login), SupportsHistory):
            return False
        self._shut(portal)
        self._todo[portal] = None
        self._woken.set()
        return True

    def _shut(self, portal: PortalID) -> OpenGap:
        self._queue.aside.shut(lane_to_matrix(portal))
        return self._open.setdefault(portal, OpenGap())

    async def _fill(self, portal_id: PortalID) -> None:
        """Read what is missing of a chat; its lane goes on, whatever comes of it."""
        portal = await self._portals.get(portal_id)
        network, gap = self._networks.get(portal.key.network), self._open[portal_id]
        if network is None:
            await self._close(portal_id)
            return
        for attempt in range(1, TRIES + 1):
            try:
                why = await self._read(network, portal, gap)
            except RetryLater as error:
                pause = error.after or 2.0**attempt
            except Exception as error:  # noqa: BLE001 (foreign code: one chat must not stop the others)
                log.warning("history failed", portal=portal_id, error=type(error).__name__)
                pause = 2.0**attempt
            else:
                if why:
                    await self._say(portal, why)
                await self._remember(network.name, portal_id)
                await self._close(portal_id)
                return
            await self._clock.sleep(pause)
        await self._say(portal, f"{network.name} did not say what was said before")
        await self._close(portal_id)

    async def _read(self, network: Network, portal: Portal, gap: OpenGap) -> str:
        """Store the past of a chat; returns why some of it may be missing, "" if none is."""
        login = portal.key.receiver or network.logins.listener()
        client = None if login is None else network.logins.client_of(login)
        if login is None or client is None:
            raise RetryLater("The network is not connected", after=5.0)
        if not isinstance(client, SupportsHistory):
            return ""
        gap.after = await self._after(portal.id, gap)
        past = await self._past(network, portal, gap.after, client)
        if past is None:
            return ""
        async for page in past.pages():
            async with gap.lock:
                await network.host.receive_past(login, page, portal.id)
        more = f"only {past.most} of the messages of a longer time were read"
        return more if past.cut_short else ""

    async def _after(self, portal: PortalID, gap: OpenGap) -> MessageID | None:
        if gap.kept is not None and gap.kept.after is not None:
            return gap.kept.after
        return await self._rows.latest(portal)

    async def _past(
        self, network: Network, portal: Portal, after: MessageID | None, client: SupportsHistory
    ) -> Past | None:
        history = network.options.history
        if after is not None:
            return Past(client, portal.key.chat, History(last=history.gap), after=after)
        if not history.wanted or await self._has_past(network.name, portal.id):
            return None
        return Past(client, portal.key.chat, history)

    async def _has_past(self, network: NetworkName, portal: PortalID) -> bool:
        known = self._past_read.get(portal)
        if known is None:
            known = await self._people.value(_shelf(network), str(portal)) is not None
            known = known or await self._rows.latest(portal) is not None
            if known:
                self._past_read.put(portal, value=True)
        return known

    async def _remember(self, network: NetworkName, portal: PortalID) -> None:
        if not self._past_read.get(portal):
            await self._writer.write(save_value(_shelf(network), str(portal), "read"))
            self._past_read.put(portal, value=True)

    async def _close(self, portal: PortalID) -> None:
        gap = self._open[portal]
        async with gap.lock:
            if gap.kept is not None:
                await self._writer.write(close_gap(portal))
            del self._open[portal]
            self._todo.pop(portal, None)
        self._queue.aside.reopen(lane_to_matrix(portal))

    def _lost_patience(self, portal: PortalID) -> None:
        """No login came that could have read it: what was said since shall not wait for ever."""
        if portal in self._open and portal not in self._todo:
            self._todo[portal] = None
            self._woken.set()

    async def _say(self, portal: Portal, why: str) -> None:
        log.warning("messages may be missing", portal=portal.id, why=why)
        if portal.state is PortalState.BOUND and portal.room is not None:
            key = f"gap {portal.id} {self._clock.now().isoformat()}"
            await self._status.notice(RoomID(portal.room), MISSED.format(why=why), key=key)


class OpenGap:
    """`kept` are the places for the past, once something new has come; `after`: where it begins."""

    def __init__(self) -> None:
        self.kept: Gap | None = None
        self.after: MessageID | None = None
        self.lock = asyncio.Lock()


def _shelf(network: NetworkName) -> NetworkName:
    """Apart from what adapters save: a space is in no network's name."""
    return NetworkName(f"{network} history")
