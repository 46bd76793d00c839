"""Whose login is whose: between a person on Matrix and the accounts that speak for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

import structlog

from bridgekit.adapter import Login, Person
from bridgekit.adapter_supports import SupportsAutomaticLogin, SupportsLogin
from bridgekit.clock import Clock
from bridgekit.facts import Profile
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.login.credentials import LoginCredentials
from bridgekit.login.first_names import FirstNames
from bridgekit.login.preferences import Preferences
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces, RemoteUser
from bridgekit.networks import Network, Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.profiles import localpart
from bridgekit.sealing import Unreadable
from bridgekit.signing import Signer
from bridgekit.store.people import People, save_chosen, save_login, save_used
from bridgekit.store.writer import Writer

log = structlog.get_logger()

REMEMBER_USE = 60_000  # milliseconds; a login's last use need not be known more exactly


class Owners:
    """The logins of people, and those of the bridge that an operator signed in to."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        signer: Signer,
        namespaces: Namespaces,
        permissions: Permissions,
        networks: Networks,
        credentials: LoginCredentials,
        preferences: Preferences,
        first_names: FirstNames,
        clock: Clock,
    ) -> None:
        self._people, self._writer, self._signer = people, writer, signer
        self._namespaces, self._permissions = namespaces, permissions
        self._networks, self._credentials, self._first_names = networks, credentials, first_names
        self._clock, self.preferences = clock, preferences
        self._rows: dict[LoginID, LoginRow] = {}
        self.unreadable: dict[LoginID, LoginRow] = {}  # signed in to, but sealed with a lost key
        self._of: dict[tuple[NetworkName, UserID], tuple[LoginID, ...]] = {}
        self._accounts: dict[tuple[NetworkName, RemoteUserID], LoginID] = {}

    async def load(self, network: Network) -> None:
        """Make the logins known that people signed in to, or used lately; they connect again."""
        async for row in self._people.logins(network.name, LoginKind.SIGNED_IN):
            if self._comes(network, row):
                self.know(network, row, connect=True)
        if not isinstance(network.adapter, SupportsAutomaticLogin):
            return
        since = millis(self._clock) - int(network.adapter.idle_after * 1000)
        for row in await self._people.automatic(network.name, since):
            if self._comes(network, row):
                signed_in = row.owner is not None and bool(self.of(network.name, row.owner))
                self.know(network, row, connect=not signed_in)

    async def recall(self, network: Network, login: LoginID) -> None:
        """Make a login known that its person has not used for long: their chats may need it."""
        if network.logins.known(login) or not isinstance(network.adapter, SupportsAutomaticLogin):
            return
        row = await self._people.login(login)
        if row is not None and row.kind is LoginKind.AUTOMATIC and self._comes(network, row):
            self.know(network, row, connect=False)

    def _comes(self, network: Network, row: LoginRow) -> bool:
        """Whether to make it known: whose it is may have one, by the rules of today."""
        may = row.owner is None or self._may_sign_in(network, row.owner)
        return may and not network.logins.known(row.id)

    async def owner(self, login: LoginID) -> UserID | None:
        """The person whose login this is; None for the bridge's own."""
        row = await self.kept(login)
        return None if row is None else row.owner

    def owned(self, login: LoginID) -> bool:
        """Whether it is a person's, and not the bridge's own."""
        row = self._rows.get(login)
        return row is not None and row.owner is not None

    def of(self, network: NetworkName, user: UserID) -> tuple[LoginID, ...]:
        """The logins of a person that are known now; first the one that speaks for them."""
        return self._of.get((network, user), ())

    def row(self, login: LoginID) -> LoginRow | None:
        """What is known of a login; None for the configuration's, and for one that is not known."""
        return self._rows.get(login)

    async def kept(self, login: LoginID) -> LoginRow | None:
        """What is stored of any login, the configuration's too."""
        return self._rows.get(login) or await self._people.login(login)

    def signed_in(self, login: LoginID) -> bool:
        """Whether somebody signed in to it: then it stays connected."""
        row = self._rows.get(login)
        return row is not None and row.kind is LoginKind.SIGNED_IN

    def is_ours(self, user: UserID) -> bool:
        """Whether this is the bot or a ghost, not a person on Matrix."""
        return self._namespaces.is_ours(user)

    async def in_use(
        self, name: NetworkName, users: Collection[RemoteUserID], at: datetime | None
    ) -> AbstractSet[RemoteUserID]:
        """Which of these were automatic logins then, or are now, though not connected, say."""
        network = self._networks.get(name)
        if not users or network is None or not isinstance(network.adapter, SupportsAutomaticLogin):
            return frozenset()
        lasts = int(network.adapter.idle_after * 1000) + REMEMBER_USE
        since = (at or self._clock.now()).timestamp() * 1000 - lasts
        return {user for user, used in await self._people.used_as(name, users) if used >= since}

    async def own_login(
        self, network: Network, user: UserID, profile: Profile, portal: Portal | None = None
    ) -> LoginID | None:
        """The login of their own that `user` has or may have; of a chat one that is for it."""
        login = self.existing(network, user, portal)
        if login is not None:
            await self._used(login)
        elif not self.of(network.name, user) and self._may_speak(network, user):
            login = await self._automatic(network, user, profile)
        return login

    def existing(
        self, network: Network, user: UserID, portal: Portal | None = None
    ) -> LoginID | None:
        """The login of their own that `user` has already; of a chat one that is for it."""
        theirs = self.of(network.name, user)
        if not theirs or not self._may_speak(network, user):
            return None
        if portal is None:
            return theirs[0]
        return self.preferences.login(network, portal, user, theirs)

    def speak(self, network: Network) -> bool:
        """Whether logins of people speak for them, and do not only show who they are."""
        adapter = network.adapter
        return adapter.speaks if isinstance(adapter, SupportsLogin) else True

    def _may_speak(self, network: Network, user: UserID) -> bool:
        return self.speak(network) and self._may_sign_in(network, user)

    def _may_sign_in(self, network: Network, user: UserID) -> bool:
        return self._permissions.may(user, Right.SIGN_IN, network.name)

    def may_lend(self, network: Network, login: LoginID) -> bool:
        """Whether whose it is may have a login there still: the rules may have changed since."""
        row = self._rows.get(login)
        return row is None or row.owner is None or self._may_sign_in(network, row.owner)

    def lends(self, network: Network, login: LoginID, user: UserID) -> bool:
        """Whether `user` may change what this login did: it is theirs, or the bridge's own."""
        if not network.logins.known(login):
            return False
        return not self.owned(login) or login in self.of(network.name, user)

    async def _automatic(self, network: Network, user: UserID, profile: Profile) -> LoginID | None:
        if not isinstance(network.adapter, SupportsAutomaticLogin):
            return None
        login = self._signer.login_id(network.name, user)
        credentials = network.adapter.automatic_login(Person(login, profile.name, localpart(user)))
        if credentials is None:
            return None
        row = await self._people.login(login)
        if row is None or row.kind is LoginKind.LEAVING or self.opened(row) is None:
            now, profile = millis(self._clock), await self._first_names.of(user, profile)
            person = Person(login, profile.name, localpart(user))
            credentials = network.adapter.automatic_login(person) or credentials
            sealed = self._credentials.seal(login, credentials)
            row = LoginRow(login, network.name, user, sealed, used_at=now, made_at=now)
            await self._writer.write(save_login(row))
        self.know(network, row, connect=False, name=profile.name)
        await self._used(login)
        return login

    def know(
        self, network: Network, row: LoginRow, *, connect: bool, name: str | None = None
    ) -> None:
        """Make a login known; `name` is how its person is shown."""
        login = self.opened(row, name)
        if login is None:
            self.unreadable[row.id] = row
            return
        self.remember(row)
        network.logins.add(login, connect=connect)
        for idle in network.logins.forget_idle():
            self.forget(idle)

    def remember(self, row: LoginRow) -> None:
        """Whose a login is that its network knows already."""
        self._forget_account(row.id)
        self.unreadable.pop(row.id, None)
        self._rows[row.id] = row
        self._arrange(row)
        if row.kind is LoginKind.SIGNED_IN and row.me is not None:
            self._accounts[row.network, row.me] = row.id

    def opened(self, row: LoginRow, name: str | None = None) -> Login | None:
        """A stored login as its adapter gets it; None if nobody can read what it signs in with."""
        try:
            credentials = self._credentials.open(row)
        except Unreadable as error:
            log.warning("a login cannot be used", network=row.network, login=row.id, why=str(error))
            return None
        return self.as_login(row, credentials, name)

    def as_login(
        self, row: LoginRow, credentials: Mapping[str, str], name: str | None = None
    ) -> Login:
        """A login as its adapter gets it. `exclusive`: nobody but the bridge uses the account."""
        if row.owner is None:
            return Login(row.id, None, credentials, relay=True, exclusive=True)
        shown, exclusive = name or localpart(row.owner), row.kind is LoginKind.AUTOMATIC
        return Login(row.id, shown, credentials, relay=False, exclusive=exclusive)

    def forget(self, login: LoginID) -> None:
        """It is idle, or signed out of."""
        self._forget_account(login)
        self.unreadable.pop(login, None)
        if (row := self._rows.pop(login, None)) is not None:
            self._arrange(row)

    def _forget_account(self, login: LoginID) -> None:
        row = self._rows.get(login)
        key = None if row is None or row.me is None else (row.network, row.me)
        if key is not None and self._accounts.get(key) == login:
            del self._accounts[key]

    def account(self, network: NetworkName, user: RemoteUserID) -> tuple[LoginID, UserID] | None:
        """The login of a person who signed in to this account, connected or not; and who it is."""
        login = self._accounts.get((network, user))
        owner = None if login is None else self._rows[login].owner
        return None if login is None or owner is None else (login, owner)

    def identified(self, login: LoginID, me: RemoteUserID) -> None:
        """A login goes by this ID now."""
        if (row := self._rows.get(login)) is not None and row.me != me:
            self.remember(replace(row, me=me))

    async def choose(self, login: LoginID) -> None:
        """Of several logins of a person on a network, this one speaks for them from now on."""
        chosen = replace(self._rows[login], chosen_at=millis(self._clock))
        await self._writer.write(save_chosen(login, chosen.chosen_at))
        self._rows[login] = chosen
        self._arrange(chosen)

    def _arrange(self, row: LoginRow) -> None:
        """Keep a person's logins in their order: chosen, signed in, and then by age."""
        if row.owner is None:
            return
        key = (row.network, row.owner)
        theirs = {*self._of.pop(key, ()), row.id} & self._rows.keys()
        if theirs:
            self._of[key] = tuple(sorted(theirs, key=lambda login: self._rows[login].order))

    async def _used(self, login: LoginID) -> None:
        row, now = self._rows[login], millis(self._clock)
        if now - row.used_at > REMEMBER_USE:
            self._rows[login] = replace(row, used_at=now)
            self._writer.submit(save_used(login, now))

    def mxid(self, network: NetworkName, user: RemoteUserID) -> UserID:
        """Who a remote user is on Matrix: the person whose login that is, else the ghost."""
        found = self._networks.get(network)
        login = None if found is None else found.logins.identities.holder(user)
        row = None if login is None else self._rows.get(login)
        if row is not None and row.owner is not None:
            return row.owner
        return self._namespaces.ghost(network, user)

    def remote(self, network: Network, user: UserID) -> RemoteUserID | None:
        """Who a person or ghost on Matrix is on the network; None if they are nobody there."""
        match self._namespaces.remote_user(user):
            case RemoteUser(name, remote) if name == network.name:
                return remote
            case None:
                logins = network.logins
                clients = (logins.client_of(login) for login in self.of(network.name, user))
                return next((client.me for client in clients if client is not None), None)
            case _:
                return None
