"""What becomes of people's logins when the rules change: nobody keeps what they may not have.

What is taken away is held, not deleted: with the right it comes back as it was.
"""

from __future__ import annotations

from contextlib import suppress

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.lanes.journey import millis
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.networks import Network, Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.management import Management
from bridgekit.sign_in.session import Session
from bridgekit.sign_in.sign_ins import SignIns

log = structlog.get_logger()


class RightsTaken:
    """Of all networks."""

    def __init__(
        self,
        networks: Networks,
        owners: Owners,
        permissions: Permissions,
        sign_ins: SignIns,
        management: Management,
        clock: Clock,
    ) -> None:
        self._networks, self._owners, self._permissions = networks, owners, permissions
        self._sign_ins, self._management, self._clock = sign_ins, management, clock

    async def obey(self) -> None:
        """Close the logins of those who may have none now, and connect those that are allowed."""
        with suppress(Rejected):  # one that does not end yet stops none of the rest
            await self._sign_ins.end_all(self._barred)
        held = [row for network in self._networks for row in await self._hold(network)]
        back = [row for network in self._networks for row in await self._bring_back(network)]
        for row in held:
            text = (
                f"The rules of this bridge let you have no login on {self._called(row)} any more: "
                "it is disconnected, and comes back if you may again."
            )
            await self._tell(row, text, "held")
        for row in back:
            if row.kind is LoginKind.SIGNED_IN:
                await self._tell(row, f"You have your login on {self._called(row)} again.", "back")

    def _barred(self, session: Session) -> bool:
        right = Right.ADMIN if session.relay else Right.SIGN_IN
        ours = self._owners.is_ours(session.user)  # it stands for the operator
        return not ours and not self._permissions.may(session.user, right, session.network)

    async def _hold(self, network: Network) -> list[LoginRow]:
        known = [login.id for login in network.logins.all()]
        found = [self._owners.row(one) for one in known if not self._owners.may_lend(network, one)]
        rows = [row for row in found if row is not None]
        for row in rows:
            await network.logins.close(row.id)
            self._owners.forget(row.id)
            log.info("a login is held: the rules let its person have none", login=row.id)
        return rows

    async def _bring_back(self, network: Network) -> list[LoginRow]:
        before = {login.id for login in network.logins.all()}
        await self._owners.load(network)
        new = [login.id for login in network.logins.all() if login.id not in before]
        return [row for row in map(self._owners.row, new) if row is not None]

    def _called(self, row: LoginRow) -> str:
        network = self._networks.get(row.network)
        title = row.network if network is None else network.adapter.manifest.title
        return f"{title} ({row.me})" if row.me else title

    async def _tell(self, row: LoginRow, text: str, what: str) -> None:
        if row.owner is not None:
            await self._management.tell(row.owner, text, f"{what} {row.id} {millis(self._clock)}")
