"""Whose account is lent to the bridge: of a whole homeserver automatically, else by own tokens.

Looked up when somebody with a login first says something from elsewhere, and kept in memory; for
everybody else nothing is asked at all.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.accounts import KEPT, UNKNOWN, Account
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.puppets.servers import Server, Servers
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.puppets import (
    PuppetRow,
    PuppetRows,
    forget_puppet,
    lose_puppet,
    save_puppet,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

REST = 300.0  # seconds after a failure in which ghosts speak for the people of another homeserver
_TOKEN = re.compile(r"[!-~]{1,4096}")

Tell = Callable[[Rows, UserID, str, str], Awaitable[None]]
"""With a change, tells a person something in their own room with the bot, once for each key."""


class How(StrEnum):
    """How somebody's account is lent."""

    AUTOMATIC = "automatic"
    OWN_TOKEN = "own_token"  # noqa: S105 (not one)
    NOT_AT_ALL = "not_at_all"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a puppet works, as it was just tried."""

    how: How
    works: bool
    sentence: str


class Puppets:
    """Of all people."""

    def __init__(
        self,
        servers: Servers,
        rows: PuppetRows,
        writer: Writer,
        sealing: Sealing,
        intents: Intents,
        clock: Clock,
        tell: Tell,
    ) -> None:
        self._servers, self._rows, self._writer = servers, rows, writer
        self._sealing, self._intents, self._clock, self._tell = sealing, intents, clock, tell
        self._without: LRU[UserID, float] = LRU(KEPT)  # until when nobody asks again
        self._resting: dict[str, float] = {}  # servers, until when
        self._locks: KeyedLocks[UserID] = KeyedLocks()

    def lent(self, user: UserID) -> bool:
        """Whether their account is lent, as far as is known without asking."""
        server = self._servers.of(user)
        automatic = server is not None and server.service is not None
        return automatic or self._intents.accounts.peek(user) is not None

    async def of(self, user: UserID) -> Account | None:
        """The account of a person that can be used now; None: a ghost shows what they say."""
        account = self._intents.accounts.get(user)
        if account is None:
            if self._clock.monotonic() < (self._without.get(user) or 0.0):
                return None
            async with self._locks.hold(user):
                account = self._intents.accounts.get(user) or await self._find(user)
        return None if account is None or self._rests(user) else account

    async def sign_in(self, user: UserID, token: str) -> Proof:
        """Use this access token of theirs from now on; raises `Rejected` or `RetryLater`."""
        server = self._servers.of(user)
        if server is None:
            raise Rejected(_no_server(user))
        if server.service is not None:
            raise Rejected("The bridge may speak as you already: your homeserver has allowed it.")
        if not _TOKEN.fullmatch(token):
            raise Rejected("That is no access token: it has no spaces, and plain letters only.")
        found = await self._owner(user, server, token)
        if found != user:
            whose = f"that of {found}" if found else "none that your homeserver knows"
            raise Rejected(f"That access token is {whose}; give one of {user}.")
        async with self._locks.hold(user):
            sealed = self._sealing.seal(token, place_of(user))
            await self._writer.write(save_puppet(PuppetRow(user, sealed, millis(self._clock))))
            self._forget(user)
        return await self.prove(user)

    async def sign_out(self, user: UserID) -> None:
        """Forget their token. It stays valid: they may have taken it from a client of theirs."""
        async with self._locks.hold(user):
            if await self._rows.find(user) is None:
                raise Rejected("You have given this bridge no access token.")
            await self._writer.write(forget_puppet(user))
            self._forget(user)

    async def prove(self, user: UserID) -> Proof:
        """Ask the homeserver whether the bridge may speak as them."""
        self._without.forget(user)
        self._resting.pop(_domain(user), None)
        account = await self.of(user)
        if account is None:
            return Proof(How.NOT_AT_ALL, False, self._none(user))
        how = How.AUTOMATIC if account.masquerades else How.OWN_TOKEN
        try:
            found = await account.whoami()
        except Refused as refused:
            return Proof(how, False, self._refused(account, refused))
        except RetryLater as error:
            return Proof(how, False, f"Your double puppet cannot be tried now: {error}.")
        if found != user:
            return Proof(how, False, f"The homeserver takes the bridge for {found}, not for you.")
        by = "the homeserver's operator has allowed it" if account.masquerades else "by your token"
        said = f"What you say from elsewhere on a network appears here as {user}: {by}."
        return Proof(how, True, said)

    async def _find(self, user: UserID) -> Account | None:
        server = self._servers.of(user)
        account = None if server is None else await self._lent(user, server)
        if account is None:
            self._without.put(user, float("inf"))
            return None
        return self._intents.accounts.put(user, account)

    async def _lent(self, user: UserID, server: Server) -> Account | None:
        if server.service is not None:
            return Account(user, server.service, True, self._lost, self._failed)
        row = await self._rows.find(user)
        if row is None or row.lost:
            return None
        try:
            token = self._sealing.open(row.token, place_of(user))
        except Unreadable as error:
            log.warning("a puppet's token cannot be read", user=user)
            await self._tell_lost(row, str(error))
            return None
        api = self._servers.by_token(server, token)
        return Account(user, api, False, self._lost, self._failed)

    async def _lost(self, account: Account) -> None:
        """The homeserver does not take the token that we used."""
        user = account.user
        if self._intents.accounts.peek(user) is not account:
            return  # somebody else has found out already
        self._intents.accounts.forget(user)
        if account.masquerades:
            self._without.put(user, self._clock.monotonic() + REST)
            log.error("the homeserver does not take the as_token of puppets", server=_domain(user))
            return
        self._without.put(user, float("inf"))
        row = await self._rows.find(user)
        if row is not None and not row.lost:
            await self._tell_lost(row, "Your homeserver does not accept its token any more")

    async def _tell_lost(self, row: PuppetRow, why: str) -> None:
        text = (
            f"Your double puppet has stopped: {why.rstrip('.')}. What you say from elsewhere on a "
            "network appears under a ghost until you give the bridge a new access token."
        )
        await self._tell(lose_puppet(row), row.user, text, f"puppet {row.user} {row.at}")

    def _failed(self, account: Account) -> None:
        server = self._servers.of(account.user)
        if server is not None and not self._servers.is_own(server):
            self._resting[server.name] = self._clock.monotonic() + REST

    def _rests(self, user: UserID) -> bool:
        return bool(self._resting) and (
            self._clock.monotonic() < self._resting.get(_domain(user), 0.0)
        )

    def _forget(self, user: UserID) -> None:
        self._intents.accounts.forget(user)
        self._without.forget(user)

    async def _owner(self, user: UserID, server: Server, token: str) -> UserID | None:
        """Whose token it is; None: nobody's."""

        async def lost(_: Account) -> None: ...

        api = self._servers.by_token(server, token)
        account = Account(user, api, False, lost, lambda _: None)
        try:
            return await account.whoami()
        except Refused as refused:
            if refused.code == UNKNOWN:
                return None
            raise

    def _none(self, user: UserID) -> str:
        if self._servers.of(user) is None:
            return _no_server(user)
        return (
            "You have no double puppet: what you say from elsewhere on a network appears under a "
            "ghost. Give the bridge an access token of yours to change that."
        )

    def _refused(self, account: Account, refused: Refused) -> str:
        if not account.masquerades:
            return f"Your double puppet does not work: {refused}. Give a new access token."
        return (
            f"Double puppets do not work here: {refused}. The operator must install the "
            f"registration that `bridgekit registration --puppets {_domain(account.user)}` prints, "
            "and restart the homeserver."
        )


def _domain(user: UserID) -> str:
    return user.partition(":")[2]


def place_of(user: UserID) -> str:
    return f"puppet:{user}"


def _no_server(user: UserID) -> str:
    return (
        f"People of {_domain(user)} cannot have double puppets here; the operator can name that "
        "homeserver under `double_puppets`."
    )
