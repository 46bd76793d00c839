"""How much may wait in all lanes: the log says when it is much, and at the limit no more is taken.

Whoever brings something is told to bring it again later: it is not acknowledged. So a homeserver
keeps it, as does a network that can; of one that cannot nothing more is read.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import RetryLater, Scope

log = structlog.get_logger()

AFTER = 1.0  # seconds


class TooManyWait(RetryLater):
    """Nothing was taken; whoever asked must not acknowledge, and may ask again."""

    def __init__(self) -> None:
        super().__init__("Too many events wait already", after=AFTER, scope=Scope.NETWORK)


class Crowding:
    """`waiting` says how many wait now; it is asked for everything that is brought."""

    def __init__(self, waiting: Callable[[], int], settings: WaitingSettings) -> None:
        self._waiting, self._settings = waiting, settings
        self._say_at = settings.warn
        self._full = False

    def admit(self) -> None:
        """Raises `TooManyWait` at the limit."""
        waiting, most = self._waiting(), self._settings.most
        if waiting >= self._say_at:
            self._say_at = waiting * 2
            log.warning("many events wait", waiting=waiting, most=most)
        elif waiting < self._settings.warn // 2 and self._say_at > self._settings.warn:
            self._say_at = self._settings.warn
            log.info("few events wait again", waiting=waiting)
        if waiting < most:
            self._full = False
            return
        if not self._full:
            self._full = True
            log.error("too many events wait: no more are taken", waiting=waiting, most=most)
        raise TooManyWait
