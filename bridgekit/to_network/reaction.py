"""Reactions: each person's own or, where people share a login, one slot for all of them.

Who shares a login shares its reactions: the first of an emoji is sent, and the removal of the last;
where there are more emoji than fit, the most recent ones are shown (`Manifest.reactions`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.emoji import bare, spelt
from bridgekit.events import Message, MessageKind, Reaction
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.referring import annotation
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.relations import Relation, RelationKind
from bridgekit.richtext import Text
from bridgekit.store.relations import Relations, forget_relations, save_relations, save_tombstones
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsReact
from bridgekit.to_network.act import Happened, Pieces, Route, Scene
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import Fitting, in_lines
from bridgekit.to_network.quoting import meant
from bridgekit.to_network.targets import Targets, another

LONGEST = 100  # letters: some clients react with words
_NAME = re.compile(r"[\w.+-]{1,64}")


class Slots:
    """What each login shows on a message, of all that its people wanted there."""

    def __init__(self, relations: Relations) -> None:
        self._relations = relations

    async def wanted(self, scene: Scene, message: MessageID, login: LoginID) -> list[Relation]:
        """The reactions that people put on a message through this login, the latest last."""
        all_of_it = await self._relations.about(scene.portal.id, message, RelationKind.REACTION)
        return [one for one in all_of_it if one.login == login]


def shown(wanted: Sequence[Relation], most: int | None) -> list[str]:
    """The emoji that fit, the latest last."""
    latest = list(dict.fromkeys(one.value for one in reversed(wanted)))
    return latest[:most][::-1]


def changes(
    before: Sequence[Relation], after: Sequence[Relation], message: MessageID, most: int | None
) -> list[Piece]:
    """What to remove and what to add, in an order that never shows more than fit.

    Where only one fits, the new one takes the place of the old, which so stays if it is refused.
    """
    old, new = shown(before, most), shown(after, most)
    gone = [Reaction(message, emoji, removed=True) for emoji in old if emoji not in new]
    come = [Reaction(message, emoji) for emoji in new if emoji not in old]
    return [Piece(reaction) for reaction in (come if come and most == 1 else (*gone, *come))]


@dataclass(frozen=True, slots=True)
class Reacting:
    """`emoji` on the first message that the event `target` became."""

    target: EventID
    message: MessageID | None
    emoji: str
    slots: Slots
    fitting: Fitting
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        emoji = self._spelt(route)
        why = self._not_shown(scene, route, emoji)
        if why or emoji is None or self.message is None:
            return await self._instead(scene, route, why)
        before = await self.slots.wanted(scene, self.message, route.login)
        before = [one for one in before if one.event != scene.id]
        most = scene.network.adapter.manifest.reactions
        wanted = [*before, self._relation(scene, route, self.message, emoji)]
        pieces = changes(before, wanted, self.message, most)
        if pieces:
            return Pieces(pieces)
        return Done(Reason.DELIVERED, also=self._rows(scene, route))

    def _not_shown(self, scene: Scene, route: Route, emoji: str | None) -> str:
        """Why the network does not show it; "" if it does."""
        name = scene.network.name
        if not isinstance(route.client, SupportsReact):
            return f"{name} has no reactions."
        if self.message is None:
            return f"{name} gave that message no ID, so nobody can react to it there."
        return f"{name} does not have this emoji." if emoji is None else ""

    def _spelt(self, route: Route) -> str | None:
        return spelt(self.emoji, route.limits.emoji)

    async def _instead(self, scene: Scene, route: Route, why: str) -> Pieces:
        if route.fallbacks.way(Feature.REACTION) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, why)
        original = await self.fitting.original(scene, self.target)
        about = () if original is None else (Text(" to "), *meant(original))
        line = Message((Text(f"reacted with {self.emoji}"), *about), MessageKind.EMOTE)
        return in_lines(route, line, note=f"{why} It was sent as a line of text.")

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        shown_there = any(isinstance(piece.content, Reaction) for piece in happened.pieces)
        return self._rows(scene, route) if shown_there else []

    def _rows(self, scene: Scene, route: Route) -> Sequence[Rows]:
        emoji = self._spelt(route)
        if self.message is None or emoji is None:
            return []
        relation = self._relation(scene, route, self.message, emoji)
        return [save_relations([relation], scene.journey.now())]

    def _relation(self, scene: Scene, route: Route, message: MessageID, emoji: str) -> Relation:
        about = (RelationKind.REACTION, message, scene.sender, emoji, route.login)
        return Relation(scene.portal.id, scene.id, *about)


@dataclass(frozen=True, slots=True)
class Unreacting:
    """A reaction is taken back."""

    reaction: Relation
    slots: Slots
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        message = self.reaction.message
        if route.login != self.through:
            raise Failed(Reason.NOT_THEIRS)  # it would take back that login's own
        if not isinstance(route.client, SupportsReact):
            raise Failed(Reason.UNSUPPORTED, f"{scene.network.name} has no reactions.")
        before = await self.slots.wanted(scene, message, route.login)
        after = [one for one in before if one.event != self.reaction.event]
        most = scene.network.adapter.manifest.reactions
        pieces = changes(before, after, message, most)
        return Pieces(pieces) if pieces else Done(Reason.DELIVERED, also=self._rows(scene))

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del route, happened
        return self._rows(scene)

    def _rows(self, scene: Scene) -> Sequence[Rows]:
        event, now = self.reaction.event, scene.journey.now()
        return [
            forget_relations(scene.portal.id, [event]),
            save_tombstones(scene.portal.id, [event], now),
        ]


class Reactions:
    """Reads reactions."""

    def __init__(self, targets: Targets, fitting: Fitting) -> None:
        self._targets, self._fitting = targets, fitting
        self._slots = Slots(targets.relations)

    async def read(self, scene: Scene) -> Reacting:
        """What an `m.reaction` asks of the network; raises `Failed`, `Moot`, `Park`."""
        found = annotation(scene.content)
        if found is None:
            raise Moot(Reason.EMPTY)
        target, key = found
        emoji = emoji_of(key, scene.content)
        links = await self._targets.of(scene, target)
        message = links[0].message if links else None
        return Reacting(target, message, emoji, self._slots, self._fitting)

    def taken_back(self, scene: Scene, relation: Relation) -> Unreacting:
        """The redaction of a reaction; raises `Failed` for one that the network's people made."""
        if relation.login is None:
            raise Failed(Reason.NOT_THEIRS)
        own = another(scene, relation)
        return Unreacting(relation, self._slots, own=own, through=relation.login)


def emoji_of(key: str, content: Mapping[str, Any]) -> str:
    """The emoji that the network is asked for; raises `Failed`.

    A picture goes by its name (MSC4027), which not every client sends along.
    """
    if key.startswith("mxc://"):
        for name in (content.get("shortcode"), content.get("com.beeper.reaction.shortcode")):
            if isinstance(name, str) and _NAME.fullmatch(name.strip(":")):
                return f":{name.strip(':')}:"
        raise Failed(Reason.UNSUPPORTED, "It is a picture without a name that could be sent.")
    words = bare(" ".join(key.split()))
    if not words:
        raise Moot(Reason.EMPTY)
    if len(words) > LONGEST:
        raise Failed(Reason.UNSUPPORTED, f"A reaction has at most {LONGEST} letters.")
    return words
