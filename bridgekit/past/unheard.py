"""Where a connection does not resume the last, a line says that something may be missing.

It comes before the first thing that is said in a chat after its login connected anew: where nobody
speaks, nobody is bothered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.ids import LoginID, NetworkName, PortalID
from bridgekit.lanes.journey import millis
from bridgekit.models import PortalState
from bridgekit.networks import Network
from bridgekit.past.known_past import KnownPast
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsHistory

MISSED = "⚠ Some messages may be missing here: {why}."
KEPT_NOTHING = "{network} keeps nothing of what is said while the bridge is away"


@dataclass(slots=True)
class _Connected:
    """`told`: the chats in which something was said `since`."""

    since: int
    told: set[PortalID] = field(default_factory=set)


class Unheard:
    """Of logins that neither resume nor can be asked for the past."""

    def __init__(self, portals: Portals, past_of: KnownPast, clock: Clock) -> None:
        self._portals, self._past_of, self._clock = portals, past_of, clock
        self._logins: dict[tuple[NetworkName, LoginID], _Connected] = {}

    def __contains__(self, login: object) -> bool:
        return login in self._logins

    def connected(self, name: NetworkName, login: LoginID, client: object) -> None:
        """What was said before is gone, unless this client knows better."""
        if isinstance(client, SupportsHistory):
            self._logins.pop((name, login), None)
        elif not (isinstance(client, Client) and client.resumes):  # else what was untold still is
            self._logins[name, login] = _Connected(millis(self._clock))

    async def before(self, network: Network, login: LoginID, portals: Collection[PortalID]) -> None:
        """Something was said in these, and is about to be stored; durable on return."""
        connected = self._logins[network.name, login]
        for number in portals:
            if number not in connected.told:
                await self._say(network, number, connected.since)
                connected.told.add(number)

    async def _say(self, network: Network, number: PortalID, since: int) -> None:
        if not await self._past_of.known_at(network.name, number, since):
            await self._past_of.remember(network.name, number)
            return
        portal = await self._portals.get(number)
        if portal.state is PortalState.BOUND:
            text = MISSED.format(why=KEPT_NOTHING.format(network=network.name))
            await network.host.receive_word(portal, text, f"bridge away {number} {since}")
