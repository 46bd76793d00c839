"""Whether a chat that begins on a network with the bridge's own login gets a room, and how fast."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.clock import Clock
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.pacing import Pacing


class NewChats:
    """Of one network: anybody may text a number, so rooms are made only so fast."""

    def __init__(self, settings: Callable[[], InboxSettings], clock: Clock) -> None:
        self._settings, self._pacing = settings, Pacing(clock)

    def opens(self) -> bool:
        """Whether one may be made now; true counts as one that is."""
        settings = self._settings()
        most, wanted = settings.rooms_per_minute, bool(settings.invite)
        return wanted and self._pacing.spare(("room",), rate=most / 60, burst=max(1.0, most))
