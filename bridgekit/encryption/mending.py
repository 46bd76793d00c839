"""Conversations with devices whose words we cannot read: begun anew, at most once an hour each."""

from __future__ import annotations

import asyncio

import structlog

from bridgekit.clock import Clock
from bridgekit.encryption.peers import Peers
from bridgekit.encryption.sharing import Sharing
from bridgekit.encryption.trust import Trust
from bridgekit.errors import RetryLater
from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused

log = structlog.get_logger()

PAUSE = 3600.0  # seconds
KEPT = 10_000
MOST = 1_000  # that wait to be mended


class Mending:
    """Beside everything else: nothing waits for it."""

    def __init__(self, peers: Peers, sharing: Sharing, clock: Clock) -> None:
        self._peers, self._sharing, self._clock = peers, sharing, clock
        self._last: LRU[tuple[UserID, str], float] = LRU(KEPT)
        self._queue: asyncio.Queue[tuple[UserID, str]] = asyncio.Queue(MOST)

    def ask(self, user: UserID, peer: str) -> None:
        """A conversation is broken, as far as we can see."""
        now, last = self._clock.monotonic(), self._last.get((user, peer))
        if (last is None or now - last >= PAUSE) and not self._queue.full():
            self._last.put((user, peer), now)
            self._queue.put_nowait((user, peer))

    async def run(self) -> None:
        """Mend until cancelled."""
        while True:
            user, key = await self._queue.get()
            try:
                peers, _ = await self._peers.of([user])
                for peer in peers:
                    if peer.curve25519 == key and peer.trust is not Trust.BLOCKED:
                        await self._sharing.mend(peer)
            except (RetryLater, Refused) as error:
                log.info("a conversation with a device is not mended", why=type(error).__name__)
