"""Whether a message may cross, which is asked of every one before it is stored.

Whom a policy list names may not, on either side; nor may a flood, or words that come round.
Deletions always may: they are what moderators do about the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridgekit.events import (
    Content,
    Edit,
    Location,
    Message,
    Poll,
    Reaction,
    RemoteEvent,
    Unsupported,
    Vote,
)
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, RoomID, UserID
from bridgekit.models import Portal
from bridgekit.moderation.guard import Crossing, Guard
from bridgekit.moderation.policies import Policies
from bridgekit.namespaces import Namespaces
from bridgekit.reasons import Reason
from bridgekit.richtext import RichText, Text, plain

COUNTED = (Message, Edit, Reaction, Unsupported, Location, Poll, Vote)


class Moderation:
    """Of all rooms and networks; never waits. `replaced` is told of each room that is.

    `account` tells whose login an account of a network is, and of whom.
    """

    def __init__(
        self,
        policies: Policies,
        guard: Guard,
        namespaces: Namespaces,
        replaced: Callable[[RoomID], None],
        account: Callable[[NetworkName, RemoteUserID], tuple[LoginID, UserID] | None],
    ) -> None:
        self.policies, self.replaced, self._account = policies, replaced, account
        self.guard, self._namespaces = guard, namespaces

    def of_event(self, event: Mapping[str, Any]) -> Reason | None:
        """Why something said on Matrix may not cross; None: it may."""
        if event["type"] == "m.room.redaction":
            return None
        room, sender = RoomID(event["room_id"]), event["sender"]
        if self.barred(sender, room):
            return Reason.LISTED
        body, at = event["content"].get("body"), event.get("origin_server_ts")
        return self.guard.objection(
            Crossing(
                chat=room,
                room=room,
                network="",
                who=sender,
                known_by=event["event_id"],
                at=at if isinstance(at, int) else 0,
                words=body if isinstance(body, str) else "",
            )
        )

    def of_message(
        self,
        portal: Portal,
        event: RemoteEvent[Content],
        known_by: str = "",
        *,
        counted: bool = True,
    ) -> Reason | None:
        """The same of what a network says. `counted`: nobody asked for it, so it may be a flood."""
        content = event.content
        if event.txn is not None or not isinstance(content, COUNTED):
            return None  # an echo of our own, or nothing that is said
        network, sender = portal.key.network, event.sender
        if sender is not None and self.barred_over_there(network, sender, portal.room):
            return Reason.LISTED
        if not counted:
            return None
        return self.guard.objection(
            Crossing(
                chat=f"{network} {portal.key.chat}",
                room=portal.room,
                network=network,
                who=sender or "",
                known_by=known_by,
                at=0 if event.at is None else int(event.at.timestamp() * 1000),
                words=_words(content),
            )
        )

    def barred(self, user: UserID, room: RoomID) -> bool:
        """Whether a policy list names somebody on Matrix, or the room."""
        return self.policies.any and (self.policies.bars(user) or self.policies.bars_room(room))

    def barred_over_there(
        self, network: NetworkName, user: RemoteUserID, room: RoomID | None
    ) -> bool:
        """Whether a policy list names the ghost of somebody on a network, or the room.

        Or who signed in to their account: they are the same on either side.
        """
        if not self.policies.any:
            return False
        _, person = self._account(network, user) or (None, None)
        if person is not None and self.policies.bars(person):
            return True
        return self.barred(self._namespaces.ghost(network, user), room or RoomID(""))


def _words(content: Content) -> str:
    """The end of what was said; all of it is not needed."""
    match content:
        case Message(text=text) | Edit(message=Message(text=text)):
            return _last(text)
    return ""


def _last(text: RichText) -> str:
    match text:
        case (Text(text=words),):  # nearly always
            return words
        case ():
            return ""
    return plain(text)
