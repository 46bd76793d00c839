"""What an event of the homeserver is to us: whose lanes it goes to, or which rule drops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.late_answers import MARKER, LateAnswers
from bridgekit.members import Members
from bridgekit.models import Direction, Draft, Flow, Lane, Portal, lane_of_room, lane_to_network
from bridgekit.namespaces import Namespaces
from bridgekit.portals import Portals
from bridgekit.profiles import Profiles
from bridgekit.reasons import Reason
from bridgekit.said import SAID, draft_of
from bridgekit.signing import Signer, carries_tag
from bridgekit.status import Status


class Sorting:
    """The inbox's `Sorter`."""

    def __init__(
        self,
        namespaces: Namespaces,
        portals: Portals,
        members: Members,
        profiles: Profiles,
        late_answers: LateAnswers,
        signer: Signer,
        status: Status,
        now: Callable[[], int],
        *,
        busy: Callable[[Lane], bool],
    ) -> None:
        self._namespaces, self._portals, self._members = namespaces, portals, members
        self._profiles, self._late_answers, self._signer = profiles, late_answers, signer
        self._status, self._now, self._busy = status, now, busy

    async def sort(self, event: Mapping[str, Any], before: Sequence[Draft]) -> Sequence[Draft]:
        """See `Sorter`."""
        ours = self._namespaces.is_ours(event["sender"])
        if ours:
            self._late_answers.came_back(event["content"], EventID(event["event_id"]))
        if event["type"] == "m.room.member":
            return await self._membership(event)
        if event["type"] not in SAID or not event["content"]:  # a redaction leaves it empty
            self._count(None, Reason.NOT_BRIDGED_KIND)
            return ()
        room = RoomID(event["room_id"])
        portals = await self._portals.in_room(room)
        if ours:
            return self._echo(event, portals)
        if not portals or self._unsettled(lane_of_room(room), before):
            return (self._draft(event, lane_of_room(room)),)
        return self._to_networks(event, portals)

    def _unsettled(self, control: Lane, before: Sequence[Draft]) -> bool:
        """Whether something said earlier may be in the room's control lane still.

        It came before the room was bridged, and must not be overtaken by what came after.
        """
        return self._busy(control) or any(draft.lane == control for draft in before)

    async def _membership(self, event: Mapping[str, Any]) -> Sequence[Draft]:
        user = UserID(event.get("state_key", ""))
        room = RoomID(event["room_id"])
        membership = event["content"].get("membership")
        if not self._namespaces.is_ours(user):
            self._profiles.changed(room, user, event["content"])
            self._count(None, Reason.NOT_BRIDGED_KIND)
            return ()
        await self._members.observed(room, user, str(membership))
        if membership == "invite" and not self._namespaces.is_ours(event["sender"]):
            return (self._draft(event, lane_of_room(room)),)
        return ()

    def _echo(self, event: Mapping[str, Any], portals: Sequence[Portal]) -> Sequence[Draft]:
        """What one portal brought reaches every other portal of the room, never its own."""
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
