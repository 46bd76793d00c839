"""What waits for a login that the network refuses: kept for one of the bridge's own.

Whoever signed in to an account is told at once, and can mend it. Nobody who speaks through the
bridge's own login can: the operator must, so what was said waits, and the login is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bridgekit.adapter import LoginState
from bridgekit.clock import Clock
from bridgekit.ids import LoginID
from bridgekit.login.supervisor import Entry

REFUSED_FOR = 300.0  # seconds for which a refusal is believed without asking again
AGAIN = 10.0  # seconds until one is begun whose last connection has not ended, or was just ended
_DOWN = frozenset({LoginState.REFUSED, LoginState.OFFLINE})  # of itself it begins no connection


class Refused:
    """Of one network. `off`: it is switched off, and nothing waits for it any more."""

    def __init__(
        self, entries: Mapping[LoginID, Entry], start: Callable[[Entry], None], clock: Clock
    ) -> None:
        self._entries, self._start, self._clock = entries, start, clock
        self.off = False

    def keeps(self, login: LoginID) -> bool:
        """Whether what this login should say waits for it; if so, it is tried again in time.

        Nothing happens between this answer and what the caller does with it, or it might connect.
        """
        entry = self._entries.get(login)
        if entry is None or entry.login.person is not None or self.off:
            return False
        if entry.state in _DOWN and not entry.tried_again:
            refused = entry.state is LoginState.REFUSED
            left = entry.refused_at + REFUSED_FOR - self._clock.monotonic()
            self._later(entry, left if refused else AGAIN)
        return True

    def why(self, login: LoginID) -> str:
        """What the network says of a login that it refuses; "" where it does not."""
        entry = self._entries.get(login)
        return "" if entry is None or entry.state is not LoginState.REFUSED else entry.why

    def _later(self, entry: Entry, seconds: float) -> None:
        entry.tried_again = True
        self._clock.call_later(seconds, partial(self._try_again, entry))

    def _try_again(self, entry: Entry) -> None:
        entry.tried_again = False
        known = self._entries.get(entry.login.id) is entry  # and not signed out meanwhile
        if not known or self.off or entry.state not in _DOWN:
            return
        self._start(entry)
        if entry.state in _DOWN:  # it could not: nobody else would
            self._later(entry, AGAIN)
