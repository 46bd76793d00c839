"""What people on the network decide about somebody who has a login there: done to them on Matrix.

Ghosts are moved by the reconciler. A person is kicked, banned or invited once, in its place among
the chat's messages, and with an outcome of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridgekit.events import Content, Membership, MemberState, RemoteEvent
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.moves import FORBIDDEN, Moves
from bridgekit.models import Portal, Result
from bridgekit.networks import Network
from bridgekit.reasons import Reason
from bridgekit.richtext.canonical import one_line

Act = Callable[[UserID | None, str], Awaitable[None]]  # as whom (None: the bot), and why

PRESENT = frozenset({"join", "invite", "knock"})


class Memberships:
    """Safe to repeat: what is so already is not done again."""

    def __init__(self, intents: Intents, moves: Moves, owners: Owners) -> None:
        self._intents, self._moves, self._owners = intents, moves, owners

    async def bridge(
        self, portal: Portal, network: Network, event: RemoteEvent[Content], change: Membership
    ) -> Done:
        person = await self._person(network, change)
        if person is None:
            return dropped(Reason.OWN_ECHO)  # the bridge's own account: it enters again
        if portal.room is None:
            return dropped(Reason.NOT_LINKED)
        act = await self._act(portal.room, person, change.state)
        if act is None:
            return dropped(Reason.NO_CHANGE)
        actor = None if event.sender == change.user else event.sender
        try:
            await self._moves.by(portal, actor, one_line(change.reason), act)
        except Refused as refused:
            if refused.status != FORBIDDEN:
                raise
            return Done(Reason.NO_POWER, Result.FAILED, str(refused))
        return Done(Reason.DELIVERED)

    async def _person(self, network: Network, change: Membership) -> UserID | None:
        """Whose login it is about."""
        identities = network.logins.identities
        login = identities.holder(change.user) or identities.was(change.user)
        return None if login is None else await self._owners.owner(login)

    async def _act(self, room: RoomID, person: UserID, state: MemberState) -> Act | None:
        """What is to be done; None: nothing, as it is so already or not ours to take back."""
        found = await self._intents.state_event(room, "m.room.member", person) or {}
        now = found.get("content", {}).get("membership", "leave")
        match state:
            case MemberState.KICK if now in PRESENT:
                return lambda who, why: self._intents.kick(room, person, why, as_user=who)
            case MemberState.BAN if now != "ban":
                return lambda who, why: self._intents.ban(room, person, why, as_user=who)
            case MemberState.INVITE if now == "leave":
                return lambda who, why: self._intents.invite(room, person, who, why)
            case MemberState.LEAVE if now == "ban" and self._owners.is_ours(
                UserID(found.get("sender", ""))
            ):
                return lambda who, why: self._intents.unban(room, person, why, as_user=who)
            case _:
                return None
