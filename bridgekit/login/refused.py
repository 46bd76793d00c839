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
    """Of one network. `off`: it is switched off, and nothing waits for it any more.

    `ready` is told whose jobs are to be tried.
    """

    def __init__(
        self,
        entries: Mapping[LoginID, Entry],
        start: Callable[[Entry], None],
        ready: Callable[[LoginID], None],
        clock: Clock,
    ) -> None:
        self._entries, self._start, self.ready, self._clock = entries, start, ready, clock
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

    # A refusal of one message alone: see `to_network/blame.py`.

    def let_in(self, login: LoginID) -> bool:
        """Whether it is one of the bridge's own, and the network has not refused it as such."""
        entry = self._entries.get(login)
        online = entry is not None and entry.state is LoginState.ONLINE
        return online and entry is not None and entry.login.person is None

    def taken(self, login: LoginID) -> int:
        """How often the network has taken something through this login."""
        entry = self._entries.get(login)
        return 0 if entry is None else entry.taken

    def takes(self, login: LoginID) -> None:
        if (entry := self._entries.get(login)) is not None:
            entry.taken += 1

    def one_waits(self, login: LoginID) -> None:
        """One message stepped aside alone: it is tried again in time."""
        entry = self._entries[login]
        if not entry.one_waits:
            self._clock.call_later(REFUSED_FOR, partial(self._tried, entry))
        entry.one_waits = True

    def _tried(self, entry: Entry) -> None:
        entry.one_waits = False
        self.ready(entry.login.id)

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
