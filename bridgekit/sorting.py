"""What an event of the homeserver is to us: whose lanes it goes to, or which rule drops it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from bridgekit.commands.addressed import addressed
from bridgekit.commands.sealed import holds_sealed
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.encrypted import refused_command
from bridgekit.matrix.late_answers import MARKER, LateAnswers
from bridgekit.matrix.transaction import Malformed
from bridgekit.membership.members import Members
from bridgekit.membership.powers import Powers
from bridgekit.models import Direction, Draft, Flow, Lane, Portal, lane_of_room, lane_to_network
from bridgekit.moderation.moderation import Moderation
from bridgekit.moderation.policies import KINDS as POLICIES
from bridgekit.namespaces import Namespaces, RemoteUser
from bridgekit.person.profiles import Profiles
from bridgekit.puppets.returning import Returning
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.room.succession import TOMBSTONE
from bridgekit.said import ABOUT_ROOMS, MESSAGES, SAID, before, draft_of, too_old
from bridgekit.signing import Signer, carries_tag
from bridgekit.status import Status
from bridgekit.to_network.own_login import OwnLogins
from bridgekit.to_network.rights import Rights

LEVELS = "m.room.power_levels"

Overruled = Callable[[RoomID, str, str], Awaitable[None]]


class Sorting:
    """The inbox's `Sorter`. `overruled` is told which state of a room somebody else has set."""

    def __init__(
        self,
        namespaces: Namespaces,
        portals: Portals,
        *,
        members: Members,
        profiles: Profiles,
        late_answers: LateAnswers,
        returning: Returning,
        signer: Signer,
        status: Status,
        own: OwnLogins,
        rights: Rights,
        powers: Powers,
        moderation: Moderation,
        overruled: Overruled,
        now: Callable[[], int],
        busy: Callable[[Lane], bool],
        prefix: str,
    ) -> None:
        self._namespaces, self._portals, self._members = namespaces, portals, members
        self._profiles, self._late_answers, self._signer = profiles, late_answers, signer
        self._returning, self._prefix = returning, prefix  # of commands
        self._status, self._now, self._busy = status, now, busy
        self._own, self._rights, self._powers = own, rights, powers
        self._moderation, self._overruled = moderation, overruled

    async def sort(self, event: Mapping[str, Any], earlier: Collection[Lane]) -> Sequence[Draft]:
        """See `Sorter`."""
        ours = self._namespaces.is_ours(event["sender"])
        if not ours and self._returning.marked(event):  # we may have said it as that person
            ours = await self._returning.ours(event)
        if ours:
            self._late_answers.came_back(event["content"], EventID(event["event_id"]))
        if event["type"] == "m.room.member":
            return await self._membership(event)
        if "state_key" in event:
            return await self._state(event, ours=ours)
        if not _bridged(event):
            self._count(None, Reason.NOT_BRIDGED_KIND)
            return ()
        portals = await self._portals.in_room(RoomID(event["room_id"]))
        drafts = self._echo(event, portals) if ours else self._said(event, portals, earlier)
        if drafts and too_old(event, self._now()):
            return await self._repeated(event, portals)
        return drafts

    async def _repeated(
        self, event: Mapping[str, Any], portals: Sequence[Portal]
    ) -> Sequence[Draft]:
        """Its key may be forgotten; what it became is not. Raises `Malformed`, to set it aside."""
        for portal in portals:
            if await self._portals.rows.of_event(portal.id, EventID(event["event_id"])):
                self._count(portal, Reason.DUPLICATE)
                return ()
        raise Malformed("its time is more than 90 days ago, so it may be a repetition")

    async def _state(self, event: Mapping[str, Any], *, ours: bool) -> Sequence[Draft]:
        """What somebody changed about the room itself."""
        room = RoomID(event["room_id"])
        if not ours:
            await self._overruled(room, event["type"], event["state_key"])
        if event["type"] in POLICIES:
            self._moderation.policies.changed(room, event)
        if event["type"] == TOMBSTONE:
            self._moderation.replaced(room)
            return (self._draft(event, lane_of_room(room)),)
        if event["type"] not in ABOUT_ROOMS or event["state_key"]:
            self._count(None, Reason.NOT_BRIDGED_KIND)
            return ()
        if event["type"] == LEVELS:
            self._rights.changed(room)
        if ours:
            self._count(None, Reason.OWN_ECHO)
            return ()
        if event["type"] == LEVELS:
            await self._powers.observed(room)
        return self._to_networks(event, await self._portals.in_room(room))

    def _said(
        self, event: Mapping[str, Any], portals: Sequence[Portal], earlier: Collection[Lane]
    ) -> Sequence[Draft]:
        """What somebody did with messages."""
        control = lane_of_room(RoomID(event["room_id"]))
        why = self._moderation.of_event(event) if portals else None
        if why is not None:  # first: by the control lane it would reach the networks unasked
            for portal in portals:
                self._count(portal, why)
            return ()
        if self._unsettled(control, earlier):
            return (self._draft(event, control),)
        if not portals:
            if event["type"] in MESSAGES:
                return (self._draft(event, control),)
            self._count(None, Reason.FOREIGN_ROOM)
            return ()
        # It is for us; or it was sealed, as the room was not bridged when it came.
        if addressed(event, self._prefix) or holds_sealed(event) or refused_command(event):
            return (self._draft(event, control),)
        return self._to_networks(event, portals)

    def _unsettled(self, control: Lane, earlier: Collection[Lane]) -> bool:
        """Whether something said earlier may be in the room's control lane still.

        It came before the room was bridged, and must not be overtaken by what came after.
        """
        return self._busy(control) or control in earlier

    async def _membership(self, event: Mapping[str, Any]) -> Sequence[Draft]:
        """Somebody came, went, was put out, or is shown otherwise."""
        user = UserID(event.get("state_key", ""))
        room = RoomID(event["room_id"])
        membership = event["content"].get("membership")
        if not self._namespaces.is_ours(user):
            self._profiles.changed(room, user, event["content"])
            return await self._moved(event, room, user)
        await self._members.observed(room, user, str(membership), UserID(event["sender"]))
        if self._namespaces.is_ours(event["sender"]):
            return ()
        if self._moderation.barred(UserID(event["sender"]), room):
            self._count(None, Reason.LISTED)
            return ()
        if membership == "invite":
            return (self._draft(event, lane_of_room(room)),)
        remote = self._namespaces.remote_user(user)
        network = remote.network if isinstance(remote, RemoteUser) else None
        portals = await self._portals.in_room(room)
        theirs = [one for one in portals if one.key.network == network and not one.private]
        return self._to_networks(event, theirs)

    async def _moved(self, event: Mapping[str, Any], room: RoomID, user: UserID) -> Sequence[Draft]:
        """A person came or went: their own login does too, where they have one."""
        now, was = event["content"].get("membership"), (before(event) or {}).get("membership")
        came, left = now == "join" != was, now in ("leave", "ban") and was == "join"
        if came and self._moderation.barred(user, room):
            self._count(None, Reason.LISTED)
            return ()
        portals = await self._portals.in_room(room) if came or left else ()
        done = self._put_out_by(UserID(event["sender"]))
        theirs = [
            one
            for one in portals
            if not one.private
            and not done(one)
            and (self._own.of(one, user) or (came and self._own.comes(one, user)))
        ]
        if not theirs:
            self._count(None, Reason.NOT_BRIDGED_KIND)
        return self._to_networks(event, theirs)

    def _put_out_by(self, sender: UserID) -> Callable[[Portal], bool]:
        """Of which portals it is known there already: a ghost does what its network did."""
        if not self._namespaces.is_ours(sender):
            return lambda _: False
        remote = self._namespaces.remote_user(sender)
        if not isinstance(remote, RemoteUser):
            return lambda _: True  # the bot, for whichever network
        return lambda portal: portal.key.network == remote.network

    def _echo(self, event: Mapping[str, Any], portals: Sequence[Portal]) -> Sequence[Draft]:
        """What one portal brought reaches every other portal of the room, never its own."""
        if event["type"] == "m.room.redaction":
            # It carries no marker; the lane of the portal that brought it knows that it did.
            return self._to_networks(event, portals)
        marker = event["content"].get(MARKER)
        others = [
            portal
            for portal in portals
            if isinstance(marker, str)  # without it, it is a word of the bridge's own
            and not carries_tag(marker, self._signer.portal_tag(portal.id))
        ]
        self._count(None, Reason.OWN_ECHO)
        return self._to_networks(event, others)

    def _to_networks(self, event: Mapping[str, Any], portals: Sequence[Portal]) -> Sequence[Draft]:
        drafts = []
        for portal in portals:
            if portal.flow is Flow.TO_MATRIX:
                self._count(portal, Reason.ONE_WAY)
            else:
                drafts.append(self._draft(event, lane_to_network(portal.id)))
        return drafts

    def _draft(self, event: Mapping[str, Any], lane: Lane) -> Draft:
        return draft_of(event, lane, self._now())

    def _count(self, portal: Portal | None, reason: Reason) -> None:
        network = portal.key.network if portal else ""
        self._status.count(network, Direction.TO_NETWORK, reason)


def _bridged(event: Mapping[str, Any]) -> bool:
    """Whether networks may hear of it; a message that was redacted since is empty."""
    kind = event["type"]
    return kind in SAID and (kind not in MESSAGES or bool(event["content"]))
