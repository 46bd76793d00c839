"""Rooms that were upgraded are followed: the portals move to the room that replaces theirs.

What counts is the room's state, not the event: an upgrade that happened while the bridge was down
is found the same way, and a repeated or late event changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import PortalID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.members import Members
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.room.leaving import ghosts_leave
from bridgekit.room.portals import Portals
from bridgekit.room.shown import STAYS
from bridgekit.room.standing import may_invite
from bridgekit.room.state import RoomState
from bridgekit.room.succession import LONGEST, TOMBSTONE, predecessor, room_before
from bridgekit.status import Status

log = structlog.get_logger()

_SAID = ("m.room.name", "m.room.topic", "m.room.avatar", "m.room.join_rules")
KEPT = 1_000
_INVITE = "cannot enter the new room: invite it there"
GONE_ON = "This room was replaced; the chat goes on in the new one."


class Upgrades:
    """`moved` is told of each portal that has another room, `withdraw` hides the one it had.

    `tell` tells somebody something in private.
    """

    def __init__(
        self,
        portals: Portals,
        members: Members,
        intents: Intents,
        namespaces: Namespaces,
        permissions: Permissions,
        status: Status,
        moved: Callable[[PortalID], None],
        withdraw: Callable[[Portal], Awaitable[None]],
        tell: Callable[[UserID, str, str], Awaitable[None]],
        state: RoomState,
    ) -> None:
        self._portals, self._members, self._intents = portals, members, intents
        self._namespaces, self._permissions = namespaces, permissions
        self._status, self._moved, self._withdraw = status, moved, withdraw
        self._tell, self._state, self._moving = tell, state, 0
        self._stays: LRU[RoomID, str] = LRU(KEPT)

    @property
    def busy(self) -> bool:
        """Whether a portal is moving now, so that an unknown room may turn out to be bridged."""
        return self._moving > 0

    def stays(self, room: RoomID) -> bool:
        """Whether the chat of a replaced room is known to stay there, whoever is invited."""
        return self._stays.get(room) is not None

    async def check(self, room: RoomID) -> str | None:
        """Follow the room's tombstone, if it has one; the sentence that says why not.

        Safe to repeat at any point; raises `RetryLater`.
        """
        seen = {room}
        with self._busy():
            while len(seen) <= LONGEST:
                why, after = await self._step(room, seen)
                if after is None:
                    return why
                room = after
                seen.add(room)
        return f"more than {LONGEST} rooms replace each other"

    async def entered(self, room: RoomID) -> None:
        """The bot was let into a room: perhaps the one that replaces a bridged one."""
        old = await room_before(self._intents, room)
        if old is not None and await self._portals.in_room(old):
            await self.check(old)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._moving += 1
        try:
            yield
        finally:
            self._moving -= 1

    async def _step(self, room: RoomID, seen: set[RoomID]) -> tuple[str | None, RoomID | None]:
        """Why it goes no further, or the room that the portals are in now."""
        try:
            tombstone = await self._intents.state_event(room, TOMBSTONE)
        except Refused as refused:
            return f"its state cannot be read: {refused}", None
        if tombstone is None or not tombstone.get("content"):
            return None, None
        portals = await self._portals.in_room(room)
        if not portals:
            await self._empty(room)
            return None, None
        new = tombstone["content"].get("replacement_room")
        if not isinstance(new, str) or not new:
            await self._close(room, portals)
            return None, None
        after = RoomID(new)
        sender = UserID(str(tombstone["sender"]))
        why = await self._obstacle(room, after, sender, seen)
        if why is not None:
            await self._stay(portals[0], after, sender, why)
            return why, None
        for portal in portals:
            await self._move(portal, room, after)
        await self._empty(room)
        return None, after

    async def _obstacle(
        self, old: RoomID, new: RoomID, sender: UserID, seen: set[RoomID]
    ) -> str | None:
        """Why `new` cannot be followed to; None: the bot is in it, and it is the successor."""
        if new in seen:
            return "the rooms replace each other in a circle"
        try:
            await self._intents.join(self._intents.bot, new, via=sender.partition(":")[2])
        except Refused:
            return f"{self._intents.bot} {_INVITE}"
        try:
            create = await self._intents.state_event(new, "m.room.create")
            levels = await self._intents.state(new, "m.room.power_levels")
            members = await self._intents.members(new)
        except Refused as refused:
            return f"the new room cannot be read: {refused}"
        if create is None or predecessor(create["content"]) != old:
            return "the new room does not say that it replaces this one"
        trusted = sender == self._intents.bot or self._permissions.may(sender, Right.ADMIN)
        if not trusted and not (
            members.get(sender) == "join" and may_invite(sender, create, levels)
        ):
            return "who replaced this room may not invite people into the new one"
        return None

    async def _stay(self, portal: Portal, new: RoomID, sender: UserID, why: str) -> None:
        """Homeservers let hardly anybody speak in what was replaced: then `sender` hears it."""
        room, known = portal.room, {"new": new, "why": why}
        assert room is not None  # noqa: S101 (it was found by its room)
        if not why.endswith(_INVITE):  # then it is about to move
            self._stays.put(room, why)
        told = await self._state.noted(portal, STAYS, known)
        say = log.info if told else log.error
        say("a room was replaced, and its chat stays", room=room, by=new, why=why)
        if told:
            return
        text, key = "was replaced, but its chat is still bridged", f"upgrade {new} {why}"
        said = f"⚠ This room {text} here: {why}."
        there = await self._status.notice(room, said, key=key, doubtful=True)
        if not there and self._permissions.may(sender, Right.SPEAK):
            await self._tell(sender, f"⚠ The room {room} {text} there: {why}.", f"{room} {key}")
        await self._state.note(portal, STAYS, known)

    async def _close(self, room: RoomID, portals: Sequence[Portal]) -> None:
        text = "This room was closed: nothing is bridged here any more."
        await self._status.notice(room, text, key="closed", doubtful=True)
        for portal in portals:
            log.warning("a room was closed; its chat is unlinked", room=room, portal=portal.id)
            await self._hide(portal)
            await self._portals.unbind(portal, room)
            self._members.rehomed(portal.id)
        await self._empty(room)

    async def _move(self, portal: Portal, old: RoomID, new: RoomID) -> None:
        if (sealing := self._intents.envelopes) is not None:
            await sealing.look(new)
        await self._hide(portal)
        # Before the commit: whoever repeats this after a crash finds the old room still. What a
        # crash leaves undone after it, is done when it is touched.
        await self._carry(old, new)
        await self._portals.rebind(portal, new, ours=portal.ours)
        log.info("the chat goes on in the room that replaces its own", old=old, room=new)
        self._members.rehomed(portal.id)
        self._moved(portal.id)
        await self._carry(old, new)  # what was said since: from now on it is said in the new one
        alias = None
        if not portal.private:
            alias = self._namespaces.alias(portal.key.network, portal.key.chat)
        if alias is not None and await self._intents.resolve(alias) == old:
            await self._intents.remove_alias(alias)
            await self._intents.add_alias(alias, new)

    async def _carry(self, old: RoomID, new: RoomID) -> None:
        """What we said of the chat in the old room after the homeserver had copied its state."""
        for kind in _SAID:
            with suppress(Refused):  # it goes on there all the same
                said = await self._intents.state_event(old, kind)
                if said is None or not self._namespaces.is_ours(said["sender"]):
                    continue
                there = await self._intents.state_event(new, kind)
                if there is None or there["origin_server_ts"] <= said["origin_server_ts"]:
                    await self._intents.set_state(new, kind, said["content"])

    async def _hide(self, portal: Portal) -> None:
        """Out of the space and the directory; the chat goes on where that is not possible."""
        try:
            await self._withdraw(portal)
        except Rejected as error:
            log.warning("a replaced room is still shown", room=portal.room, why=str(error))

    async def _empty(self, room: RoomID) -> None:
        """Our ghosts have nothing to do in the old room; they join the new one as is wished."""
        await ghosts_leave(self._intents, room, self._namespaces.is_ours, GONE_ON)
