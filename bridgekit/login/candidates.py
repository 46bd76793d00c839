"""Logins on trial: somebody signs in just now, and nothing is kept until the network lets them in.

Once it has, and before anything is heard, one commit makes the login, ends the sign-in and tells
its person. So a crash leaves a whole login, or none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridgekit.clock import Clock
from bridgekit.errors import LoginError
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.login.credentials import LoginCredentials
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.person.management import Management
from bridgekit.store.people import People, save_identity, save_login, save_signed_in
from bridgekit.store.sql import Rows
from bridgekit.store.words import forget_sign_in, together
from bridgekit.store.writer import Writer


@dataclass(slots=True)
class Candidate:
    """`login` is signed in to by `user` for `owner` (None: for the bridge itself).

    `again`: it exists, and is to be the same account as before. `account` is what that is called,
    once the network has let them in. `kept` is the login that it has
    become; another one than `login` where the account was signed in to already. `keeping` is the
    commit of that, which nobody's giving up undoes.
    """

    sign_in: str
    network: NetworkName
    title: str
    login: LoginID
    user: UserID
    owner: UserID | None
    credentials: Mapping[str, str]
    again: bool = False
    account: str = ""
    kept: LoginRow | None = None
    keeping: asyncio.Future[None] | None = None

    @property
    def sentence(self) -> str:
        """What is so once it is kept."""
        who = "The bridge is" if self.owner is None else "You are"
        return f"{who} signed in to {self.title} as {self.account}."


class KeptElsewhere(LoginError):  # noqa: N818 (named by what is so)
    """Their account has a login already, which has got what they signed in with."""


class Candidates:
    """Of all networks."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        owners: Owners,
        credentials: LoginCredentials,
        management: Management,
        clock: Clock,
    ) -> None:
        self._people, self._writer, self._owners = people, writer, owners
        self._credentials, self._management, self._clock = credentials, management, clock
        self._on_trial: dict[LoginID, Candidate] = {}
        self._deciding: KeyedLocks[tuple[NetworkName, RemoteUserID]] = KeyedLocks()

    def add(self, candidate: Candidate) -> None:
        self._on_trial[candidate.login] = candidate

    def drop(self, candidate: Candidate) -> None:
        """The trial is over; another one of the same login may have begun."""
        if self._on_trial.get(candidate.login) is candidate:
            del self._on_trial[candidate.login]

    async def decided(self, candidate: Candidate) -> LoginRow | None:
        """What it has become, once no commit of it is under way any more."""
        if candidate.keeping is not None:
            await asyncio.wait({candidate.keeping})
        return candidate.kept

    def on_trial(self, login: LoginID) -> bool:
        """Whether how it stands is for who signs in, and for nobody else."""
        return login in self._on_trial

    async def identified(
        self, network: NetworkName, login: LoginID, me: RemoteUserID, account: str
    ) -> None:
        """A login has connected, as this account; raises `LoginError` if it must not."""
        candidate = self._on_trial.get(login)
        if candidate is None or candidate.kept is not None:
            await self._writer.write(save_identity(login, me))
            self._owners.identified(login, me)
            return
        candidate.account = account
        async with self._deciding.hold((network, me)):
            await self._decide(candidate, me)

    async def _decide(self, candidate: Candidate, me: RemoteUserID) -> None:
        others = [
            row
            for row in await self._people.who_is(candidate.network, me)
            if row.id != candidate.login and row.kind is not LoginKind.LEAVING
        ]
        _check_free(candidate, others)
        theirs = next((row for row in others if row.owner == candidate.owner), None)
        if candidate.again:
            await self._again(candidate, me, theirs)
        elif theirs is None:
            await self._new(candidate, me)
        else:
            await self._renew(candidate, theirs, me)
            raise KeptElsewhere(f"This account is your login {theirs.id} already.")

    async def _new(self, candidate: Candidate, me: RemoteUserID) -> None:
        now, login = millis(self._clock), candidate.login
        sealed = self._credentials.seal(login, candidate.credentials)
        row = LoginRow(
            *(login, candidate.network, candidate.owner, sealed, me, now),
            kind=LoginKind.SIGNED_IN,
            made_at=now,
        )
        await self._keep(candidate, row, save_login(row), save_identity(login, me))

    async def _again(self, candidate: Candidate, me: RemoteUserID, theirs: LoginRow | None) -> None:
        row = await self._people.login(candidate.login)
        if row is None or row.kind is LoginKind.LEAVING:
            raise LoginError("This login was signed out of meanwhile.")
        if row.me not in (None, me) or theirs is not None:
            raise LoginError(
                f"You have signed in as {me}, but this login is {row.me or 'another account'}. "
                "Sign in as a new login, or take the same account."
            )
        await self._renew(candidate, row, me)

    async def _renew(self, candidate: Candidate, old: LoginRow, me: RemoteUserID) -> None:
        sealed = self._credentials.seal(old.id, candidate.credentials)
        row = replace(old, sealed=sealed, me=me, kind=LoginKind.SIGNED_IN, told="")
        await self._keep(
            candidate, row, save_signed_in(row.id, sealed, told=""), save_identity(row.id, me)
        )

    async def _keep(self, candidate: Candidate, row: LoginRow, *changes: Rows) -> None:
        key = f"signed in {candidate.sign_in}"
        told = self._management.word(candidate.user, candidate.sentence, key)
        change = together(*changes, forget_sign_in(candidate.sign_in), told)

        def kept(_: None) -> None:  # with the commit itself: a cancelled caller cancels no commit
            candidate.kept = row
            self._owners.remember(row)
            self._management.wake(candidate.user)

        candidate.keeping = self._writer.submit(change, then=kept)
        await asyncio.shield(candidate.keeping)


def _check_free(candidate: Candidate, others: list[LoginRow]) -> None:
    """Raises `LoginError` where the account is somebody else's here."""
    for row in others:
        if row.kind is LoginKind.CONFIGURED:
            raise LoginError("This is the bridge's own account: its configuration holds it.")
        if row.kind is LoginKind.SIGNED_IN and row.owner != candidate.owner:
            raise LoginError("Somebody else is signed in to this account through this bridge.")
