"""Signing out: the login ends at once, and what only it saw is cleared away, also after a crash.

First comes the commit that makes it a leaving one, without what it signed in with; the rest may be
repeated. Rooms stay with the people who are in them: they are untied, and the ghosts go.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog

from bridgekit.adapter_supports import SupportsSignOut
from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.fault import fault_of
from bridgekit.ids import LoginID, UserID
from bridgekit.login.accounts import account
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.models import Portal
from bridgekit.networks import Network, Networks
from bridgekit.patience import patiently
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.management import Management
from bridgekit.room.portals import Portals
from bridgekit.room.unlinking import Unlinking
from bridgekit.store.leaving import LeavingRows, forget_portal
from bridgekit.store.people import People, forget_login, save_leaving
from bridgekit.store.writer import Writer

log = structlog.get_logger()

PATIENCE = 10.0  # seconds for the network to end its session
AGAIN = 30.0  # seconds after which it is looked whether what was under way is done


@dataclass(frozen=True, slots=True)
class Meant:
    """What would be done; `digest` is another one where that has changed."""

    text: str
    digest: str


class SigningOut:
    """Of all networks."""

    def __init__(
        self,
        networks: Networks,
        owners: Owners,
        people: People,
        rows: LeavingRows,
        writer: Writer,
        portals: Portals,
        unlinking: Unlinking,
        permissions: Permissions,
        management: Management,
        clock: Clock,
    ) -> None:
        self._networks, self._owners, self._people = networks, owners, people
        self._rows, self._writer, self._portals = rows, writer, portals
        self._unlinking, self._permissions = unlinking, permissions
        self._management, self._clock = management, clock
        self._wanted = asyncio.Event()

    async def preview(self, user: UserID, login: LoginID, *, unasked: bool = False) -> Meant:
        """What signing out would mean. Raises `Rejected`.

        `unasked`: no rule is asked whether they may, as an operator says so.
        """
        row = await self._theirs(user, login, unasked=unasked)
        chats = len(await self._rows.portals(row.network, row.id))
        whose = "You" if row.owner == user else "It"
        text = f"{whose} will be signed out of {self._whereof(row)}."
        if chats:
            text += f" {chats} private chats will not be bridged any more; their rooms stay yours."
        if row.owner is None:
            text += " Nothing crosses any more in the rooms of chats that no other login is in."
        return Meant(text, f"{row.id} {chats}")

    async def sign_out(self, user: UserID, login: LoginID, *, unasked: bool = False) -> str:
        """End a login of theirs; what is to be said of that. Raises `Rejected`."""
        row = await self._theirs(user, login, unasked=unasked)
        said = await self.end(row)
        # Whose it was is told in their own room, once.
        return f"`sign-in {row.network}` signs you in again." if row.owner == user else said

    def _whereof(self, row: LoginRow) -> str:
        called = account(self._networks.get(row.network), row.id, row.me)
        return f"{row.network}, as {called}" if called else row.network

    async def _theirs(self, user: UserID, login: LoginID, *, unasked: bool) -> LoginRow:
        row = await self._people.login(login)
        if row is None or row.kind in (LoginKind.CONFIGURED, LoginKind.LEAVING):
            raise Rejected("You have no such login.")
        manages = unasked or self._permissions.may(user, Right.ADMIN, row.network)
        if row.owner != user and not manages:
            raise Rejected("You have no such login.")
        return row

    async def end(self, row: LoginRow) -> str:
        """End a login, whose ever it is; what that person is told."""
        text = f"Signed out of {self._whereof(row)}."
        network, told = self._networks.get(row.network), True
        if network is not None:
            await network.logins.close(row.id)
            told = await self._tell_network(network, row)
        change, user = save_leaving(row.id), row.owner
        if not told:
            text += " The network could not be told: end the session there yourself."
        if user is None:
            await self._writer.write(change)
        else:
            await self._management.tell_with(change, user, text, f"signed out {row.id}")
        self._owners.forget(row.id)
        self._wanted.set()
        return text

    async def _tell_network(self, network: Network, row: LoginRow) -> bool:
        """Have the network forget the session, where it can; False if that failed."""
        login = self._owners.opened(row)
        if login is None or not isinstance(network.adapter, SupportsSignOut):
            return True
        try:
            async with self._clock.timeout(PATIENCE):
                await network.adapter.sign_out(login)
        except Exception as error:  # noqa: BLE001 (an adapter's: the login ends whatever it was)
            fault = fault_of(error, network.adapter)
            log.warning("a network does not end a session", network=network.name, error=fault)
            return False
        return True

    async def run(self) -> None:
        """Clear away what hung on logins that are signed out of, until cancelled."""
        while True:
            self._wanted.clear()
            if await patiently(self._clear, self._clock):
                await self._wanted.wait()
            else:
                await self._clock.sleep(AGAIN)

    async def _clear(self) -> bool:
        """Whether nothing is left to be cleared away."""
        done = True
        for row in await self._people.leaving():
            done &= await self._clear_login(row)
        return done

    def _gone(self, portal: Portal, _: None) -> None:
        self._portals.forget(portal)

    async def _clear_login(self, row: LoginRow) -> bool:
        done = True
        for number in await self._rows.portals(row.network, row.id):
            if not await self._leaves(row):
                return True
            portal = await self._portals.get(number)
            await self._unlinking.unlink(portal)
            if await self._rows.busy(number):  # what was under way ends first, visibly
                done = False
                continue
            gone = partial(self._gone, portal)
            await self._writer.write(forget_portal(portal), then=gone)
        if done:
            await self._writer.write(forget_login(row.id))
            log.info("a login is cleared away", network=row.network, login=row.id)
        return done

    async def _leaves(self, row: LoginRow) -> bool:
        """Whether it is to be cleared away still: an automatic one comes back with a word."""
        now = await self._people.login(row.id)
        return now is not None and now.kind is LoginKind.LEAVING
