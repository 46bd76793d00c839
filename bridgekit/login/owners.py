"""Whose login is whose: between a person on Matrix and the account that speaks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from bridgekit.adapter import Login, Person
from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.clock import Clock
from bridgekit.facts import Profile
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.login.permissions import Level, level_of
from bridgekit.models import LoginRow
from bridgekit.namespaces import Namespaces, RemoteUser
from bridgekit.networks import Network, Networks
from bridgekit.person.profiles import localpart
from bridgekit.signing import Signer
from bridgekit.store.people import People, save_login, save_used
from bridgekit.store.writer import Writer

REMEMBER_USE = 60_000  # milliseconds; a login's last use need not be known more exactly


class Owners:
    """The logins of people."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        signer: Signer,
        namespaces: Namespaces,
        permissions: Mapping[str, Level],
        networks: Networks,
        clock: Clock,
    ) -> None:
        self._people, self._writer, self._signer = people, writer, signer
        self._namespaces, self._permissions = namespaces, permissions
        self._networks, self._clock = networks, clock
        self._rows: dict[LoginID, LoginRow] = {}

    async def load(self, network: Network) -> None:
        """Make the logins known that people used lately; they connect again."""
        if not isinstance(network.adapter, SupportsAutomaticLogin):
            return
        since = millis(self._clock) - int(network.adapter.idle_after * 1000)
        for row in await self._people.logins(network.name, since):
            if row.owner is not None:
                self._know(network, row, localpart(row.owner), connect=True)

    async def recall(self, network: Network, login: LoginID) -> None:
        """Make a login known that its person has not used for long: their chats may need it."""
        if network.logins.known(login) or not isinstance(network.adapter, SupportsAutomaticLogin):
            return
        row = await self._people.login(login)
        if row is not None and row.owner is not None:
            self._know(network, row, localpart(row.owner), connect=False)

    async def owner(self, login: LoginID) -> UserID | None:
        """The person whose login this is; None for the bridge's own."""
        row = self._rows.get(login) or await self._people.login(login)
        return None if row is None else row.owner

    def owned(self, login: LoginID) -> bool:
        return login in self._rows

    def is_ours(self, user: UserID) -> bool:
        """Whether this is the bot or a ghost, not a person on Matrix."""
        return self._namespaces.is_ours(user)

    async def in_use(
        self, name: NetworkName, users: Collection[RemoteUserID], at: datetime | None
    ) -> AbstractSet[RemoteUserID]:
        """Which of these were people's logins then, or are now, though not connected, say."""
        network = self._networks.get(name)
        if not users or network is None or not isinstance(network.adapter, SupportsAutomaticLogin):
            return frozenset()
        lasts = int(network.adapter.idle_after * 1000) + REMEMBER_USE
        since = (at or self._clock.now()).timestamp() * 1000 - lasts
        return {user for user, used in await self._people.used_as(name, users) if used >= since}

    async def login_for(self, network: Network, user: UserID, profile: Profile) -> LoginID | None:
        """The login that speaks for `user`: their own, else one made for them, else the relay.

        None: nothing on this network can speak for them.
        """
        if level_of(user, self._permissions) >= Level.USER and not self._namespaces.is_ours(user):
            own = await self._own(network, user, profile)
            if own is not None:
                return own
        return network.logins.relay()

    async def own_login(self, network: Network, user: UserID, profile: Profile) -> LoginID | None:
        """The login of their own that `user` has or may have."""
        if level_of(user, self._permissions) < Level.USER:
            return None
        return await self._own(network, user, profile)

    def existing(self, network: Network, user: UserID) -> LoginID | None:
        """The login of their own that `user` has already."""
        login = self._signer.login_id(network.name, user)
        allowed = level_of(user, self._permissions) >= Level.USER
        return login if allowed and network.logins.known(login) else None

    def lends(self, network: Network, login: LoginID, user: UserID) -> bool:
        """Whether `user` may change what this login did: it is theirs, or the bridge's own."""
        if not network.logins.known(login):
            return False
        return not self.owned(login) or login == self._signer.login_id(network.name, user)

    async def _own(self, network: Network, user: UserID, profile: Profile) -> LoginID | None:
        login = self._signer.login_id(network.name, user)
        if network.logins.known(login):
            await self._used(login)
            return login
        if not isinstance(network.adapter, SupportsAutomaticLogin):
            return None
        person = Person(login, profile.name, localpart(user))
        credentials = network.adapter.automatic_login(person)
        if credentials is None:
            return None
        row = await self._people.login(login)
        if row is None:
            row = LoginRow(login, network.name, user, credentials, used_at=millis(self._clock))
            await self._writer.write(save_login(row))
        self._know(network, row, profile.name, connect=False)
        await self._used(login)
        return login

    def _know(self, network: Network, row: LoginRow, name: str, *, connect: bool) -> None:
        self._rows[row.id] = row
        login = Login(row.id, name, row.credentials, relay=False, exclusive=True)
        network.logins.add(login, connect=connect)
        for idle in network.logins.forget_idle():
            self._rows.pop(idle, None)

    async def _used(self, login: LoginID) -> None:
        row, now = self._rows[login], millis(self._clock)
        if now - row.used_at > REMEMBER_USE:
            used = LoginRow(row.id, row.network, row.owner, row.credentials, row.me, now)
            self._rows[login] = used
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
                client = network.logins.client_of(self._signer.login_id(network.name, user))
                return None if client is None else client.me
            case _:
                return None
