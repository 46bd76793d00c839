"""Every kind of event of a network, and what brings it to Matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from bridgekit.errors import Rejected
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    Edit,
    Location,
    Membership,
    Message,
    MessageKind,
    Moved,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.lanes.journey import Done, dropped
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.api import Refused
from bridgekit.matrix.encrypted import NotEncrypted
from bridgekit.models import Result
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.to_matrix.chat import Chats
from bridgekit.to_matrix.deletion import Deletions
from bridgekit.to_matrix.delivery import Deliveries
from bridgekit.to_matrix.edit import Edits
from bridgekit.to_matrix.location import Locations
from bridgekit.to_matrix.membership import Memberships
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.pin import Pins
from bridgekit.to_matrix.poll import Polls
from bridgekit.to_matrix.reaction import Reactions
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.unfinished import Halfway
from bridgekit.to_matrix.vote import Votes

# The messages that nobody can do without are kept as dead jobs when the homeserver refuses them,
# to be sent again; of the rest the outcome is enough.
KEPT = (Message, Unsupported, Location, Poll)


def reason_of(refused: Rejected) -> Reason:
    """Why it is not shown; a room in which nothing may cross in plain text was told."""
    plain = isinstance(refused, NotEncrypted)
    return Reason.NOT_ENCRYPTED if plain else Reason.HOMESERVER_REFUSED


@dataclass(frozen=True, slots=True)
class Kinds:
    """One part per kind, each in the file of its name."""

    messages: Messages
    edits: Edits
    deletions: Deletions
    reactions: Reactions
    pins: Pins
    locations: Locations
    polls: Polls
    votes: Votes
    chats: Chats
    memberships: Memberships
    deliveries: Deliveries

    async def bridge(self, scene: Scene[Content]) -> Done:
        """Raises `RetryLater`, `Park` and, for a message that is refused, `Refused`,
        `NotEncrypted` or, once a part of it is shown, `Halfway`.
        """
        try:
            return await self._bridge(scene)
        except Moot as moot:
            return dropped(moot.reason)
        except (Refused, NotEncrypted, Halfway) as error:
            why = error.why if isinstance(error, Halfway) else error
            if isinstance(scene.event.content, KEPT) or not isinstance(why, Rejected):
                raise
            end = Done(reason_of(why), Result.FAILED, str(why))
            return error.ended(end) if isinstance(error, Halfway) else end

    async def _bridge(self, scene: Scene[Content]) -> Done:  # noqa: C901, PLR0911, PLR0912 (a case a kind)
        match scene.event.content:
            case Message() as message:
                return await self.messages.bridge(scene, message)
            case Unsupported(text=text, reply_to=reply, thread=thread):
                line = Message(from_plain(text), MessageKind.NOTICE, reply_to=reply, thread=thread)
                return await self.messages.bridge(scene, line)
            case Edit() as edit:
                return await self.edits.bridge(scene, edit)
            case Deletion() as deletion:
                return await self.deletions.bridge(scene, deletion)
            case Reaction() as reaction:
                return await self.reactions.bridge(scene, reaction)
            case Pin() as pin:
                return await self.pins.bridge(scene, pin)
            case Location() as place:
                return await self.locations.bridge(scene, place)
            case Poll() as poll:
                return await self.polls.bridge(scene, poll)
            case Vote() as vote:
                return await self.votes.bridge(scene, vote)
            case ChatChange(info=info):
                return await self.chats.change(scene, info)
            case Moved(new=new):
                return await self.chats.move(scene, new)
            case Membership() as change:
                return await self.memberships.bridge(
                    scene.portal, scene.network, scene.event, change
                )
            case Delivery() as delivery:
                return await self.deliveries.bridge(
                    scene.journey, scene.portal, scene.network, scene.event, delivery
                )
            case Receipt() | Typing():
                return dropped(Reason.NOT_BRIDGED_KIND)  # they have no lane
            case other:
                assert_never(other)
