"""How much may wait of what one side brings: the log says when it is much; then no more is taken.

A network that floods stops neither another one nor what the homeserver brings, and the other way
round. Whoever brings something is told to bring it again later: it is not acknowledged. So a
homeserver keeps it, as does a network that can; of one that cannot nothing more is read.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import RetryLater, Scope
from bridgekit.lanes.waiting import Origin, Waiting

log = structlog.get_logger()

AFTER = 1.0  # seconds


class TooManyWait(RetryLater):
    """Nothing was taken; whoever asked must not acknowledge, and may ask again."""

    def __init__(self) -> None:
        super().__init__("Too many events wait already", after=AFTER, scope=Scope.NETWORK)


class Crowding:
    """Of what `origin` brings; asked for everything that it does."""

    def __init__(
        self, waiting: Waiting, origin: Origin, settings: Callable[[], WaitingSettings]
    ) -> None:
        self._waiting, self._origin, self._settings = waiting, origin, settings
        self._said = 0  # how many waited when the log said so last
        self._full = False

    def full(self, apart_from: int = 0) -> bool:
        """Whether it is at the limit with what waits besides these."""
        return self._waiting.brought_by(self._origin) - apart_from >= self._settings().most

    def admit(self) -> None:
        """Raises `TooManyWait` at the limit."""
        settings, waiting = self._settings(), self._waiting.brought_by(self._origin)
        most = settings.most
        by = self._origin or "the homeserver"
        if waiting >= max(settings.warn, 2 * self._said):
            self._said = waiting
            log.warning("many events wait", brought_by=by, waiting=waiting, most=most)
        elif self._said and waiting < settings.warn // 2:
            self._said = 0
            log.info("few events wait again", brought_by=by, waiting=waiting)
        if waiting < most:
            self._full = False
            return
        if not self._full:
            self._full = True
            why = "too many events wait: no more are taken"
            log.error(why, brought_by=by, waiting=waiting, most=most)
        raise TooManyWait
