"""What people are told of how their logins stand: each change that matters to them, once.

What they know already is kept with the login, so that no restart tells it again. Of the bridge's
own those are told whom the configuration names as admins. Automatic logins come and go, and are
nobody's concern.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bridgekit.adapter import LoginState
from bridgekit.clock import Clock
from bridgekit.ids import LoginID, NetworkName, UserID
from bridgekit.lanes.journey import millis
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.patience import patiently
from bridgekit.person.management import Management
from bridgekit.store.people import save_told

log = structlog.get_logger()

AFTER = 180.0  # seconds without a connection after which its person is told
WELL, INTERRUPTED, REFUSED = "", "interrupted", "refused"  # what they know


@dataclass(frozen=True, slots=True)
class _Standing:
    told: str
    why: str


class LoginNews:
    """`titles` are what people call the networks; `operators` hear of the bridge's own logins."""

    def __init__(
        self,
        owners: Owners,
        management: Management,
        titles: Mapping[NetworkName, str],
        operators: Callable[[], Sequence[UserID]],
        clock: Clock,
    ) -> None:
        self._owners, self._management = owners, management
        self._titles, self._operators, self._clock = titles, operators, clock
        self._lost: dict[LoginID, float] = {}  # since when they have had no connection
        self._refused: dict[LoginID, object] = {}  # our own; another object each time
        self._latest: dict[LoginID, _Standing] = {}
        self._changed = asyncio.Event()

    def moved(self, login: LoginID, state: LoginState, why: str) -> None:
        """A login stands otherwise."""
        row = self._owners.row(login)  # the configuration's own have none there
        if row is not None and row.kind is not LoginKind.SIGNED_IN:
            return
        if state is LoginState.BACKOFF:
            if login not in self._lost:
                since = self._lost[login] = self._clock.monotonic()
                self._clock.call_later(AFTER, partial(self._still, login, since, why))
            return
        if state is LoginState.CONNECTING:
            return  # how that ends will be told
        self._lost.pop(login, None)
        if state is LoginState.REFUSED:
            if row is None or row.owner is None:  # it is tried again by itself: see `refused.py`
                self._refused[login] = object()
            self._now(login, REFUSED, why)
        elif state is LoginState.ONLINE and login in self._refused:
            # Some networks let in whom they let say nothing.
            again = self._refused[login] = object()
            self._clock.call_later(AFTER, partial(self._well, login, again, why))
        elif state is LoginState.ONLINE:
            self._now(login, WELL, why)

    def _well(self, login: LoginID, again: object, why: str) -> None:
        """Whether nothing was refused since it was let in again."""
        if self._refused.get(login) is again:
            del self._refused[login]
            if login not in self._lost:
                self._now(login, WELL, why)

    def _still(self, login: LoginID, since: float, why: str) -> None:
        """Whether it has been without a connection all the time."""
        if self._lost.get(login) == since:
            self._now(login, INTERRUPTED, why)

    def _now(self, login: LoginID, told: str, why: str) -> None:
        self._latest[login] = _Standing(told, why)
        self._changed.set()

    async def run(self) -> None:
        """Tell people, until cancelled."""
        for login in self._owners.unreadable:
            self._now(login, REFUSED, "What you signed in with cannot be read any more.")
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._latest:
                login = next(iter(self._latest))
                await patiently(partial(self._tell, login, self._latest.pop(login)), self._clock)

    async def _tell(self, login: LoginID, now: _Standing) -> None:
        row = self._owners.unreadable.get(login) or await self._owners.kept(login)
        if row is None or row.kind is LoginKind.AUTOMATIC or row.told == now.told:
            return
        if row.told == REFUSED and now.told == INTERRUPTED:
            return  # they know that it does not work
        text = _words(row, self._titles.get(row.network, row.network), now)
        key = f"login {login} {now.told} {millis(self._clock)}"
        change = save_told(login, now.told)
        people = self._operators() if row.owner is None else (row.owner,)
        if people:  # else somebody who will be an admin is told
            await self._management.tell_all_with(change, people, text, key)
        if login in self._owners.unreadable:
            self._owners.unreadable[login] = replace(row, told=now.told)
        elif self._owners.row(login) is not None:
            self._owners.remember(replace(row, told=now.told))


def _words(row: LoginRow, title: str, now: _Standing) -> str:
    whose = "the bridge's own login" if row.owner is None else "your login"
    login = f"{whose} {row.me}" if row.me else whose
    match now.told:
        case "refused":
            return f"⚠ {title}: {login} is not let in any more{_mending(row)} {now.why}"
        case "interrupted":
            return (
                f"⚠ {title}: {login} has had no connection for a while ({now.why}). "
                "I keep trying, and what you say waits."
            )
        case _:
            return f"{title}: {login} is connected again."


def _mending(row: LoginRow) -> str:
    """What its person is to do; of what the configuration holds, the operator."""
    if row.kind is LoginKind.CONFIGURED:
        return f": mend the configuration of {row.network}, and restart the bridge."
    return f", sign in again with: sign-in {row.network} --again {row.id}."
