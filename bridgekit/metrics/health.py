"""Whether the bridge is alive, and whether it is at work: each with what is in its way.

Alive: its loop answers and its writer commits, or says that it cannot. Ready: what it needs is
there, so that an event which comes now goes through.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridgekit.adapter import LoginState
from bridgekit.clock import Clock
from bridgekit.networks import Network
from bridgekit.operating.brake import Brake
from bridgekit.outage import Outage
from bridgekit.scanning.scan import Scan
from bridgekit.store.failure import StoreDown
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

if TYPE_CHECKING:  # without the extra there is no library to load
    from bridgekit.encryption.side import Encryption

PATIENCE = 5.0  # seconds that an empty commit may take behind what is being committed
WELL = "ok"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `said` is a sentence, or `WELL`."""

    what: str
    said: str

    @property
    def well(self) -> bool:
        return self.said == WELL


class Health:
    """`started` is set once everything that is configured has been begun."""

    def __init__(
        self,
        writer: Writer,
        outage: Outage,
        networks: Iterable[Network],
        brake: Brake,
        scan: Scan,
        encryption: Encryption | None,
        started: asyncio.Event,
        clock: Clock,
    ) -> None:
        self._writer, self._outage, self._networks = writer, outage, networks
        self._brake, self._scan, self._encryption = brake, scan, encryption
        self._started, self._clock = started, clock

    async def alive(self) -> list[Check]:
        return [Check("process", WELL), await self._store(alive=True)]

    async def ready(self) -> list[Check]:
        started = WELL if self._started.is_set() else "The bridge is still starting."
        away = "The homeserver does not answer, or not to our token."
        return [
            Check("start", started),
            await self._store(alive=False),
            Check("homeserver", away if self._outage.away else WELL),
            Check("brake", self._braked()),
            *([Check("content scan", await self._scan.trouble() or WELL)] if self._scan.on else ()),
            *self._of_encryption(),
            *self._of_networks(),
        ]

    async def _store(self, *, alive: bool) -> Check:
        try:
            async with self._clock.timeout(PATIENCE):
                await self._writer.write(Rows())
        except TimeoutError:
            said = f"The database has committed nothing for {PATIENCE:.0f} seconds."
        except StoreDown:
            # Known, waited for, and nothing that a new process would do better.
            said = WELL if alive else "The database cannot be written; nothing new is accepted."
        else:
            said = WELL
        return Check("database", said)

    def _braked(self) -> str:
        if not self._brake.held:
            return WELL
        return f"The operator holds {self._brake.shown()}: `bridgekit do release`."

    def _of_encryption(self) -> Iterator[Check]:
        if self._encryption is not None:
            yield Check("encrypted rooms", self._encryption.mailbox.trouble.said or WELL)

    def _of_networks(self) -> Iterator[Check]:
        for network in self._networks:
            yield Check(f"network {network.name}", _network(network))


def login_states(network: Network) -> Counter[LoginState]:
    """How many logins of a network are in each state."""
    logins = network.logins
    return Counter(logins.state(login.id)[0] for login in logins.all())


def _network(network: Network) -> str:
    if not network.logins.entered:
        return "It is off, or being started anew; see the log."
    states = login_states(network)
    del states[LoginState.OFFLINE]  # nobody needs those now
    if states and not states[LoginState.ONLINE]:
        return "None of its logins is connected."
    return WELL
