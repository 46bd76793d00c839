"""Where a connection does not resume the last, a line says that something may be missing.

It comes before the first thing that is said in a chat after its login connected anew: where nobody
speaks, nobody is bothered. So when that was is kept, and of each chat when it was told last: what
one process did not tell the next one does, also if its own connection resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.ids import LoginID, NetworkName, PortalID
from bridgekit.lanes.journey import millis
from bridgekit.models import Millis, Portal, PortalState
from bridgekit.networks import Network
from bridgekit.past.known_past import KnownPast
from bridgekit.room.portals import Portals
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsHistory

log = structlog.get_logger()

MISSED = "⚠ Some messages may be missing here: {why}."
KEPT_NOTHING = "{network} keeps nothing of what is said while the bridge is away"
TRY_AGAIN = 1.0  # seconds until the store may be back


@dataclass(slots=True)
class _Loss:
    """What was said before `since` is gone; None: nothing is. `told`: where that needs no word."""

    since: Millis | None
    told: set[PortalID] = field(default_factory=set)


class Unheard:
    """Of logins that neither resume nor can be asked for the past."""

    def __init__(
        self, portals: Portals, past_of: KnownPast, people: People, writer: Writer, clock: Clock
    ) -> None:
        self._portals, self._past_of = portals, past_of
        self._people, self._writer, self._clock = people, writer, clock
        self._losses: dict[tuple[NetworkName, LoginID], _Loss] = {}
        self._new: dict[tuple[NetworkName, LoginID], Millis] = {}
        self._more = asyncio.Event()

    def on(self, name: NetworkName, login: LoginID) -> bool:
        """Whether something was lost on a login, as far as is known."""
        loss = self._losses.get((name, login))
        return loss is not None and loss.since is not None

    def connected(self, name: NetworkName, login: LoginID, client: object) -> None:
        """What was said before is gone, unless this client knows better."""
        if isinstance(client, SupportsHistory):
            self._losses[name, login] = _Loss(None)
        elif not (isinstance(client, Client) and client.resumes):  # else what was untold still is
            since = millis(self._clock)
            self._losses[name, login], self._new[name, login] = _Loss(since), since
            self._more.set()

    async def run(self) -> None:
        """Keep what each connection said of itself, until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            new, self._new = self._new, {}
            try:
                for (name, login), since in new.items():
                    await self._writer.write(save_value(_shelf(name), _kept(login), str(since)))
            except Exception as error:  # noqa: BLE001 (the store, say: it is tried again)
                log.warning("losses are not kept yet", error=type(error).__name__)
                self._new = {**new, **self._new}
                self._clock.call_later(TRY_AGAIN, self._more.set)

    async def before(self, network: Network, login: LoginID, portals: Collection[PortalID]) -> None:
        """Something was said in these, and is about to be stored; durable on return."""
        loss = self._losses.get((network.name, login)) or await self._left(network.name, login)
        if loss.since is None:
            return
        for number in portals:
            if number not in loss.told:
                await self._tell(network, number, loss.since)
                loss.told.add(number)

    async def _left(self, name: NetworkName, login: LoginID) -> _Loss:
        """What an earlier process may have left to be told."""
        kept = await self._people.value(_shelf(name), _kept(login))
        since = None if kept is None else int(kept)
        return self._losses.setdefault((name, login), _Loss(since))

    async def _tell(self, network: Network, number: PortalID, since: Millis) -> None:
        shelf = _shelf(network.name)
        if int(await self._people.value(shelf, str(number)) or 0) >= since:
            return
        portal = await self._portals.get(number)
        if await self._past_of.known_at(portal, since):
            await self._say(network, portal, since)
        else:
            await self._past_of.remember(portal)
        await self._writer.write(save_value(shelf, str(number), str(since)))

    async def _say(self, network: Network, portal: Portal, since: Millis) -> None:
        if portal.state is PortalState.BOUND:
            text = MISSED.format(why=KEPT_NOTHING.format(network=network.name))
            await network.host.receive_word(portal, text, f"bridge away {portal.id} {since}")


def _shelf(network: NetworkName) -> NetworkName:
    """Apart from what adapters save: a space is in no network's name."""
    return NetworkName(f"{network} away")


def _kept(login: LoginID) -> str:
    return f"login {login}"
