"""A redaction on Matrix: of a message in all its pieces, or of what somebody did to one.

Spec: client-server API, "Redactions"; from room version 11 on the target is in the content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridgekit.events import Deletion, Message, MessageKind
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.referring import redacted_event
from bridgekit.models import Result
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.relations import Relation, RelationKind
from bridgekit.richtext import Text
from bridgekit.store.jobs import Jobs, drop
from bridgekit.store.relations import save_tombstones
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsDelete
from bridgekit.to_network.act import Act, Happened, Pieces, Route, Scene
from bridgekit.to_network.edit import Edits
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import in_lines
from bridgekit.to_network.reaction import Reactions
from bridgekit.to_network.targets import Targets
from bridgekit.to_network.vote import Votes


@dataclass(frozen=True, slots=True)
class Deleting:
    """`original` is gone; `messages` are what it became, its edits included, `at` then."""

    original: EventID
    messages: tuple[MessageID, ...]
    at: int = 0
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        name = scene.network.name
        if isinstance(route.client, SupportsDelete) and self.messages:
            return Pieces([Piece(Deletion(message)) for message in self.messages])
        why = f"{name} cannot take messages back: what was sent stays there."
        if isinstance(route.client, SupportsDelete):
            why = f"{name} gave that message no ID, so it cannot be taken back there."
        if route.fallbacks.way(Feature.DELETION) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, why)
        # Not what it said: whoever deletes it wants it gone.
        when = f" of {datetime.fromtimestamp(self.at / 1000, UTC):%H:%M} UTC" if self.at else ""
        line = Message((Text(f"deleted the message{when}"),), MessageKind.EMOTE)
        return in_lines(route, line, note=f"{why} A line there says that you deleted it.")

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del route, happened
        return [gone(scene, self.original, *self.messages)]


def gone(scene: Scene, *targets: str) -> Rows:
    """The operation that remembers what is gone."""
    return save_tombstones(scene.portal.id, targets, scene.journey.now())


class Deletions:
    """Reads redactions."""

    def __init__(
        self, targets: Targets, jobs: Jobs, reactions: Reactions, votes: Votes, edits: Edits
    ) -> None:
        self._targets, self._jobs = targets, jobs
        self._reactions, self._votes, self._edits = reactions, votes, edits

    async def read(self, scene: Scene) -> Act | Done:
        """What an `m.room.redaction` asks of the network; raises `Failed`, `Moot`, `Park`."""
        original = redacted_event(scene.event)
        if original is None:
            raise Moot(Reason.TARGET_UNKNOWN)
        if await self._targets.relations.gone(scene.portal.id, original):
            return dropped(Reason.OWN_ECHO)  # the network took it back: that is why it is here
        relation = await self._targets.relations.of_event(scene.portal.id, original)
        act = None if relation is None else await self._taken_back(scene, relation)
        if act is not None:
            return act
        never_sent = await self._never_sent(scene, original)
        if never_sent is not None:
            return never_sent
        try:
            links = await self._targets.of(scene, original)
        except Failed as failed:  # what the network never had need not go there
            raise await self._unsure(scene, original) or Moot(failed.reason) from failed
        messages = [link.message for link in links]
        for message in list(messages):
            if await self._targets.relations.gone(scene.portal.id, message):
                return dropped(Reason.OWN_ECHO)  # it is gone there already: so it is here
            messages += await self._edits_of(scene, message)
        at = min((link.at for link in links), default=0)
        through = links[0].login if links else None
        return Deleting(original, tuple(dict.fromkeys(messages)), at, through=through)

    async def _taken_back(self, scene: Scene, relation: Relation) -> Act | Done | None:
        """The act that undoes another; None where it made messages, which are to go."""
        match relation.kind:
            case RelationKind.REACTION:
                return self._reactions.taken_back(scene, relation)
            case RelationKind.VOTE:
                return await self._votes.taken_back(scene, relation)
            case RelationKind.EDIT if not await self._targets.known(scene, relation.event):
                again = await self._edits.taken_back(scene, relation)
                return again or dropped(Reason.NO_CHANGE)
        return None

    async def _edits_of(self, scene: Scene, message: MessageID) -> list[MessageID]:
        """The messages that edits became where the network cannot change any."""
        edits = await self._targets.relations.about(scene.portal.id, message, RelationKind.EDIT)
        return [
            link.message for edit in edits for link in await self._targets.known(scene, edit.event)
        ]

    async def _never_sent(self, scene: Scene, original: EventID) -> Done | None:
        """The end where the network has nothing of it: nobody shall send it later either."""
        end = await self._targets.end(scene, original)
        dead = await self._dead(scene, original)
        if end is None or end.targets or end.result is Result.UNKNOWN:
            return None
        if end.reason != Reason.CANCELLED and not dead:
            return None
        return Done(Reason.DONE, also=[gone(scene, original), *dead])

    async def _unsure(self, scene: Scene, original: EventID) -> Failed | None:
        """The failure where nobody knows whether there is anything to delete, and no echo came."""
        end = await self._targets.end(scene, original)
        if end is None or end.result is not Result.UNKNOWN:
            return None
        why = "Nobody knows whether that message was sent, so it may still be there."
        also = [gone(scene, original), *await self._dead(scene, original)]
        return Failed(Reason.TARGET_NOT_BRIDGED, why, also)

    async def _dead(self, scene: Scene, original: EventID) -> list[Rows]:
        """What gives up the jobs of it that an operator could retry."""
        jobs = await self._jobs.in_lane(scene.journey.job.lane, original)
        return [drop(job) for job, is_dead in jobs.items() if is_dead]
