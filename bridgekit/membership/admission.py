"""How many may come to Matrix before they speak: so many a second, so many new ones an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from bridgekit.clock import Clock
from bridgekit.configuration.settings import MembersSettings
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.lanes.journey import millis
from bridgekit.pacing import Pacing
from bridgekit.person.ghosts import Ghosts
from bridgekit.store.members import MemberRows

HOUR = 3_600_000  # milliseconds


class Admission:
    """The caps that an operator sets for each network; they hold over a restart, too."""

    def __init__(
        self,
        limits: Callable[[NetworkName], MembersSettings],
        rows: MemberRows,
        ghosts: Ghosts,
        clock: Clock,
    ) -> None:
        self._limits, self._rows, self._ghosts, self._clock = limits, rows, ghosts, clock
        self._pacing = Pacing(clock)
        self._making: defaultdict[NetworkName, set[RemoteUserID]] = defaultdict(set)

    async def postponed(self, network: NetworkName, user: RemoteUserID) -> float | None:
        """Seconds until this ghost may be made; None: it may come now, and `end` follows."""
        if await self._ghosts.known(network, user):
            return None
        now = millis(self._clock)
        made, first = await self._rows.made_since(network, now - HOUR)
        most = self._limits(network).new_ghosts_per_hour
        if made + len(self._making[network]) < most:
            self._making[network].add(user)
            return None
        return max(1.0, (first + HOUR - now) / 1000) if made else 1.0

    async def turn(self, network: NetworkName, user: RemoteUserID) -> None:
        """Wait until this one may join."""
        rate = self._limits(network).joins_per_second
        try:
            await self._pacing.take(("joins", network), rate=rate, burst=max(1.0, rate), cost=1.0)
        except BaseException:
            self.end(network, user)
            raise

    def end(self, network: NetworkName, user: RemoteUserID) -> None:
        """They are there now, or not; if they are new, they are counted."""
        self._making[network].discard(user)
