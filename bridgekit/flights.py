"""Sends that are under way as a person: what is seen of that person meanwhile may be their echo.

Somebody who signed in with their own account also writes from their phone. So an unmatched message
of theirs waits, in its lane, for the outcome of what we are sending as them there (rule 19).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridgekit.ids import LoginID, MessageID, PortalID
from bridgekit.lru import LRU


class Flights:
    """Sends to networks, by portal and login; and what networks echoed of them, by txn."""

    def __init__(self) -> None:
        self._flying: dict[tuple[PortalID, LoginID], set[asyncio.Event]] = {}
        self._echoes: LRU[str, MessageID] = LRU(10_000)

    def take_off(self, portal: PortalID, login: LoginID) -> Callable[[], None]:
        """A send begins; call what this returns once its outcome is stored."""
        landed = asyncio.Event()
        flying = self._flying.setdefault((portal, login), set())
        flying.add(landed)

        def land() -> None:
            flying.discard(landed)
            if not flying and self._flying.get((portal, login)) is flying:
                del self._flying[portal, login]
            landed.set()

        return land

    async def landed(self, portal: PortalID, login: LoginID) -> None:
        """Return once all that is under way of this login in this portal by now has landed."""
        for landed in tuple(self._flying.get((portal, login), ())):
            await landed.wait()

    def echoed(self, txn: str, message: MessageID) -> None:
        """The network showed us our own send of `txn`."""
        self._echoes.put(txn, message)

    def echo_of(self, txn: str) -> MessageID | None:
        return self._echoes.get(txn)
