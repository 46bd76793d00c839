"""Brings back what stepped aside and waits for too long, so that it ends (delivery rule 9).

Whether it is too old is decided where it ends; here is only the clock.
"""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.lanes import parking
from bridgekit.lanes.aside import Aside
from bridgekit.lanes.journey import millis
from bridgekit.lanes.parking import Hold, Park
from bridgekit.networks import Networks
from bridgekit.options import DAY

EVERY = 60.0  # seconds


class Expiry:
    """Of all lanes."""

    def __init__(self, aside: Aside, networks: Networks, clock: Clock) -> None:
        self._aside, self._networks, self._clock = aside, networks, clock

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        while True:
            await self._clock.sleep(EVERY)
            now = millis(self._clock)
            ages = [network.options.expire_to_network for network in self._networks]
            self._aside.reconsider(Hold, before=now - min(ages, default=DAY))
            self._aside.reconsider(Park, before=now - int(parking.PATIENCE * 1000))
