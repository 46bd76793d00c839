"""Whether our device is there, and its mail read: else no key comes, and nobody would notice."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError

log = structlog.get_logger()

GRACE = 60.0  # seconds: a homeserver that is started anew is no trouble
_NO_KEYS = "Keys of encrypted rooms do not come"
SENTENCE = f"{_NO_KEYS}: the bridge's device cannot read its mail; see the log."
NO_MAIL = (
    "the homeserver has loaded a registration that is none for encrypted rooms: its "
    "sender_localpart is the bot, whose device is given no keys then; print it anew with "
    "`bridgekit registration print`, install it and restart the homeserver"
)
OLD_REGISTRATION = f"{_NO_KEYS}: {NO_MAIL}."
OFTEN, WITHIN = 3, 3600.0  # times, seconds: once may be an accident
PAUSE, LONGEST = 30.0, 600.0  # seconds: two bridges in turn would have others make keys all day
ROBBED = (
    "The homeserver loses the bridge's device for encrypted rooms again and again: somebody "
    "deletes it, as a second bridge on a copy of the database does. Stop that one."
)


class MailTrouble:
    """Hears of each try. `is_sender`: see `DeviceCalls`."""

    def __init__(self, clock: Clock, is_sender: Callable[[], Awaitable[bool]]) -> None:
        self._clock, self._is_sender = clock, is_sender
        self._since: float | None = None
        self._old = False  # the registration that the homeserver has loaded since
        self._robbed: deque[float] = deque(maxlen=OFTEN + 10)

    async def heed(self, step: Callable[[], Awaitable[object]]) -> None:
        """One try; its failure is the caller's."""
        try:
            await step()
        except Exception as error:
            await self._failed(error)
            raise
        if self._since is not None:
            self._since, self._old = None, False
            log.info("the bridge's device reads its mail again")

    async def _failed(self, error: Exception) -> None:
        """Tell of it, once; and once more if it is found to be the registration's fault."""
        if self._since is None:
            self._since = self._clock.monotonic()
            why = str(error) if isinstance(error, BridgekitError) else type(error).__name__
            log.warning("the bridge's device cannot read its mail", why=why)
        if not self._old:
            with suppress(BridgekitError):  # it is down, say
                self._old = await self._is_sender()
            if self._old:
                log.error("the bridge's device cannot read its mail", why=NO_MAIL)

    @property
    def lasts(self) -> bool:
        """Whether the last try failed."""
        return self._since is not None

    def robbed(self) -> None:
        """The device that we used is gone."""
        self._robbed.append(self._clock.monotonic())
        if self._often() >= OFTEN:
            log.error("another bridge may be at work in our name", why=ROBBED)

    def pause(self) -> float:
        """Seconds before the next device is made."""
        more = self._often() - OFTEN
        return 0.0 if more < 0 else min(LONGEST, PAUSE * 2.0**more)

    def _often(self) -> int:
        """How often it was lost of late."""
        return sum(self._clock.monotonic() - one < WITHIN for one in self._robbed)

    @property
    def said(self) -> str:
        """What is in the way; "" for nothing."""
        if self._often() >= OFTEN:
            return ROBBED
        if self._old:
            return OLD_REGISTRATION
        lasts = self._since is not None and self._clock.monotonic() - self._since >= GRACE
        return SENTENCE if lasts else ""
