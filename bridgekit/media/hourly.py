"""How much the homeserver is given to keep: bytes an hour, which come back bit by bit."""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater

HOUR = 3600.0
LONGEST = 300.0  # seconds until whoever waits looks again


class Hourly:
    """`most` bytes an hour. How large a file is, is known once it is there: it may overdraw."""

    def __init__(self, most: int, clock: Clock) -> None:
        self.most, self._clock = most, clock
        self._left, self._at = float(most), clock.monotonic()

    def check(self) -> None:
        """Raises `RetryLater` where nothing is left of it."""
        now = self._clock.monotonic()
        rate = self.most / HOUR
        self._left = min(float(self.most), self._left + (now - self._at) * rate)
        self._at = now
        if self._left <= 0:
            words = "The homeserver gets no more files for now (media.per_hour)"
            raise RetryLater(words, after=min(LONGEST, 1 - self._left / rate))

    def spend(self, size: int) -> None:
        """A file of so many bytes was brought."""
        self._left -= size
