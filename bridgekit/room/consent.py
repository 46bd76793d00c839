"""Whether those who run a chat agree to have it bridged: one of them asks for it, or an admin of
the bridge answers for it. Nobody else links a chat that is not theirs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet

from bridgekit.adapter import Client
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat, Member, Rank
from bridgekit.ids import UserID
from bridgekit.login.owners import Owners
from bridgekit.networks import Network
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.supports import SupportsMembers

RUNS = frozenset({Rank.MODERATOR, Rank.ADMIN, Rank.OWNER})


class Consent:
    """Of the network's side; the room's own side is its power levels."""

    def __init__(self, owners: Owners, permissions: Permissions) -> None:
        self._owners, self._permissions = owners, permissions

    def answers(self, network: Network, by: UserID | None) -> bool:
        """Whether `by` answers for everything: an admin, or the operator (None)."""
        return by is None or self._permissions.may(by, Right.ADMIN, network.name)

    async def check(self, network: Network, chat: Chat, by: UserID, written: str) -> None:
        """Raises `Rejected` unless `by` runs it over there, as a login of theirs sees it.

        It is called as they wrote it: what else it goes by may be nothing for them.
        """
        if RUNS & await self._ranks(network, chat, by):
            return
        raise Rejected(
            f"Who runs {written} on {network.name} must want it to be bridged. Sign in there as "
            "one of its moderators and be in it, or ask an admin of this bridge to link it."
        )

    async def sees(self, network: Network, chat: Chat, by: UserID) -> bool:
        """Whether `by` may see a chat that is for invited people."""
        return self.answers(network, by) or bool(await self._ranks(network, chat, by))

    async def _ranks(self, network: Network, chat: Chat, by: UserID) -> AbstractSet[Rank]:
        """Those that logins of theirs have in it."""
        logins = self._owners.of(network.name, by)
        clients = [network.logins.client_of(login) for login in logins]
        found = [await _rank(client, chat) for client in clients if client is not None]
        return {rank for rank in found if rank is not None}


async def _rank(client: Client, chat: Chat) -> Rank | None:
    """Which rank the login has in the chat; None: it is not there."""
    try:
        async for member in _members(client, chat):
            if member.user == client.me:
                return member.rank
    except (Rejected, RetryLater):  # it is not in the chat, say
        return None
    return None


async def _members(client: Client, chat: Chat) -> AsyncIterator[Member]:
    info = await client.chat_info(chat.id)
    if info.members is None and isinstance(client, SupportsMembers):
        async for member in client.members(chat.id):
            yield member
    for member in info.members or ():
        yield member
