"""How large a file may be: as configured, and at most what the homeserver takes."""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError
from bridgekit.matrix.media import MediaRepository

ASK_AGAIN = 3600.0  # seconds; the operator of the homeserver may change it


class SizeLimit:
    """Asks the homeserver now and then; where it does not say, what is configured counts."""

    def __init__(self, repository: MediaRepository, configured: int, clock: Clock) -> None:
        self._repository, self.configured, self._clock = repository, configured, clock
        self._homeserver: int | None = None
        self._asked = float("-inf")

    async def largest(self) -> int:
        """In bytes."""
        if self._clock.monotonic() - self._asked >= ASK_AGAIN:
            try:
                self._homeserver = await self._repository.largest()
            except BridgekitError:  # an upload that follows will say what is wrong
                return self._known
            self._asked = self._clock.monotonic()
        return self._known

    @property
    def _known(self) -> int:
        return min(self.configured, self._homeserver or self.configured)
