"""Rooms that somebody gives up: a chat unlinked from a room, or a room of ours deleted with it.

Whoever asks hears first what becomes of its people, its addresses and its history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress

import structlog

from bridgekit.commands.refusals import NotPermitted
from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, UserID
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.room.portals import Portals
from bridgekit.room.preview import Preview
from bridgekit.room.unlinking import Unlinking

log = structlog.get_logger()

DELETED = "This room was deleted: its chat is not bridged any more."


class GivingUp:
    """Each is safe to repeat; raises `Rejected` or `RetryLater`.

    `configured` tells whether the configuration itself links a chat.
    """

    def __init__(
        self,
        portals: Portals,
        owners: Owners,
        permissions: Permissions,
        unlinking: Unlinking,
        intents: Intents,
        namespaces: Namespaces,
        configured: Callable[[Portal], bool],
    ) -> None:
        self._portals, self._owners, self._permissions = portals, owners, permissions
        self._unlinking, self._intents, self._namespaces = unlinking, intents, namespaces
        self._configured = configured

    async def preview_unlink(self, portal: Portal) -> Preview:
        """What follows if this chat is not bridged here any more."""
        return Preview(await self._unlinked(portal, _room(portal)))

    async def _unlinked(self, portal: Portal, room: RoomID) -> Sequence[str]:
        said = [f"{self._called(portal)} is not bridged with this room any more."]
        ghosts = await self._ghosts(portal, room)
        if ghosts:
            said.append(f"{len(ghosts)} of its people leave the room.")
        alias = None
        if not portal.private:
            alias = self._namespaces.alias(portal.key.network, portal.key.chat)
        if alias is not None:
            said.append(f"{alias} leads here no longer: who asks for it gets another room.")
        said.append("What is still on its way, in either direction, may not arrive.")
        said.append("What was said stays; edits and deletions of it do not cross any more.")
        if self._configured(portal):
            said.append(
                "The configuration links this chat: it comes back when the bridge starts anew, "
                "unless it is taken out of `links`."
            )
        return said

    async def unlink(self, portal: Portal) -> None:
        await self._unlinking.unlink(portal)

    async def preview_delete(self, portal: Portal, by: UserID | None) -> Preview:
        """What follows if the room goes, too; raises `Rejected` where it is not ours."""
        room = await self._deletable(portal, by)
        people = await self._people(room)
        said = [f"The room of {self._called(portal)} is deleted: {len(people)} people are put out."]
        if portal.private:
            said.append("The chat itself stays: the next message there makes a new room.")
        said.append("What was said in it stays with those who were there; nobody else can read it.")
        return Preview([*said, *await self._unlinked(portal, room)])

    async def delete(
        self, portal: Portal, by: UserID | None, progress: Callable[[str], Awaitable[None]]
    ) -> None:
        """Put everybody out, unlink the chat, and leave the room empty."""
        room = await self._deletable(portal, by)
        people = await self._people(room)
        # Before the unlinking, which cannot be repeated once it is done.
        for number, user in enumerate(people):
            await progress(f"{number} of {len(people)} people are put out …")
            with suppress(Refused):  # they have as much power there as the bot
                await self._intents.kick(room, user, DELETED)
        await self._unlinking.unlink(portal)
        await self._intents.leave(self._intents.bot, room, DELETED)
        log.info("room deleted", room=room, network=portal.key.network)

    async def _deletable(self, portal: Portal, by: UserID | None) -> RoomID:
        """A direct chat is its person's to delete, a shared one an admin's; `by` None: anybody's.

        Raises `Rejected`.
        """
        if not portal.ours:
            raise Rejected("This room was not made by the bridge: unlink its chat instead.")
        room, receiver = _room(portal), portal.key.receiver
        theirs = receiver is not None and by == await self._owners.owner(receiver)
        if by is not None and not theirs:
            decision = self._permissions.decide(by, Right.ADMIN, portal.key.network)
            if not decision.allowed:
                raise NotPermitted(decision.sentence, decision.rule)
        others = [one for one in await self._portals.in_room(room) if one.id != portal.id]
        if others:
            names = ", ".join(self._called(one) for one in others)
            raise Rejected(f"This room is bridged with {names} too: unlink that first.")
        return room

    async def _people(self, room: RoomID) -> Collection[UserID]:
        """Everybody in the room who is not ours."""
        found = await self._intents.members(room)
        return [user for user in found if not self._namespaces.is_ours(user)]

    async def _ghosts(self, portal: Portal, room: RoomID) -> Collection[UserID]:
        """The ghosts that leave with a chat: those of its network, if it has no other one here."""
        network = portal.key.network
        others = [one for one in await self._portals.in_room(room) if one.id != portal.id]
        if any(one.key.network == network for one in others):
            return ()
        try:
            members = await self._intents.members(room)
        except Refused:  # the bot is not there
            return ()
        remote = ((user, self._namespaces.remote_user(user)) for user in members)
        return [user for user, one in remote if one is not None and one.network == network]

    def _called(self, portal: Portal) -> str:
        """For people; with whom a direct chat is, is nobody's business."""
        chat = "This direct chat" if portal.private else portal.key.chat
        return f"{chat} of {portal.key.network}"


def _room(portal: Portal) -> RoomID:
    if portal.room is None:
        raise Rejected("This chat has no room.")
    return portal.room
