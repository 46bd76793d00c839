"""A vote on Matrix: somebody's whole choice in a poll, which replaces what they chose before.

Only through a login of their own: all who share one have one vote between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridgekit.events import Message, MessageKind, Vote
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.polls import PollStart, selections
from bridgekit.matrix.referring import reference
from bridgekit.originals import Originals
from bridgekit.reasons import Reason
from bridgekit.relations import Relation, RelationKind
from bridgekit.richtext import Text
from bridgekit.store.relations import forget_relations, save_relations, save_tombstones
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsPoll
from bridgekit.to_network.act import Happened, Pieces, Route, Scene, only
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import in_lines
from bridgekit.to_network.poll import started
from bridgekit.to_network.targets import Targets, another


@dataclass(frozen=True, slots=True)
class Voting:
    """`options` are the answers chosen, by their place; `words` say them.

    `undone`: the event of the vote that is taken back with this one.
    """

    message: MessageID | None
    options: tuple[int, ...]
    words: str
    undone: EventID | None = None
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        if self.through is not None and route.login != self.through:
            raise Failed(Reason.NOT_THEIRS)  # it would change that login's own vote
        name = scene.network.name
        why = ""
        if not isinstance(route.client, SupportsPoll):
            why = f"{name} has no polls."
        elif self.message is None:
            why = f"{name} gave that poll no ID, so nobody can vote in it from here."
        elif route.relayed:
            why = f"Only somebody with a login of their own can vote on {name}."
        if not why and self.message is not None:
            return only(Vote(self.message, self.options))
        if route.fallbacks.way(Feature.VOTE) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, why)
        said = f"voted for: {self.words}" if self.words else "took their vote back"
        line = Message((Text(said),), MessageKind.EMOTE)
        return in_lines(route, line, note=f"{why} Your vote was sent as a line of text.")

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        portal, now = scene.portal.id, scene.journey.now()
        if self.undone is not None:
            return [
                forget_relations(portal, [self.undone]),
                save_tombstones(portal, [self.undone], now),
            ]
        votes = [piece.content for piece in happened.pieces if isinstance(piece.content, Vote)]
        value = ",".join(map(str, self.options))
        return [
            save_relations([self._relation(scene, route, vote.target, value)], now)
            for vote in votes
        ]

    def _relation(self, scene: Scene, route: Route, target: MessageID, value: str) -> Relation:
        about = (RelationKind.VOTE, target, scene.sender, value, route.login)
        return Relation(scene.portal.id, scene.id, *about)


class Votes:
    """Reads votes."""

    def __init__(self, targets: Targets, originals: Originals) -> None:
        self._targets, self._originals = targets, originals

    async def read(self, scene: Scene) -> Voting:
        """What a vote asks of the network; raises `Failed`, `Moot`, `Park`."""
        target, chosen = reference(scene.content), selections(scene.content)
        if target is None or chosen is None:
            raise Moot(Reason.EMPTY)
        links = await self._targets.of(scene, target)
        poll, _ = await started(scene, target, self._originals)
        options = _places(poll, chosen)
        words = ", ".join(poll.answers[place][1] for place in options)
        return Voting(links[0].message if links else None, options, words)

    async def taken_back(self, scene: Scene, vote: Relation) -> Voting:
        """What is left of somebody's votes without this one; raises `Failed`."""
        if vote.login is None:
            raise Failed(Reason.NOT_THEIRS)
        votes = await self._targets.relations.about(
            scene.portal.id, vote.message, RelationKind.VOTE
        )
        left = [one for one in votes if one.sender == vote.sender and one.event != vote.event]
        value = left[-1].value if left else ""
        options = tuple(int(place) for place in value.split(",") if place)
        own = another(scene, vote)
        return Voting(vote.message, options, "", undone=vote.event, own=own, through=vote.login)


def _places(poll: PollStart, chosen: Sequence[str]) -> tuple[int, ...]:
    """Where the answers stand. MSC3381: the first count of too many; an unknown one spoils all."""
    known = [answer for answer, _ in poll.answers]
    counted = list(dict.fromkeys(chosen))[: poll.most]
    if any(answer not in known for answer in counted):
        return ()
    return tuple(sorted(known.index(answer) for answer in counted))
