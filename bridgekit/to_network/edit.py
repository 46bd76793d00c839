"""An edit on Matrix: each piece of the message replaced, what is left over deleted, the rest sent.

Spec: client-server API, "Event replacements". Delivery rule 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bridgekit.events import Deletion, Edit, Message
from bridgekit.ids import EventID, LoginID, MessageID, RoomID, UserID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.lru import LRU
from bridgekit.matrix.referring import edited_event
from bridgekit.models import Link
from bridgekit.originals import Originals
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.relations import Relation, RelationKind
from bridgekit.richtext import RichText, Text, plain
from bridgekit.store.portals import forget_links
from bridgekit.store.relations import save_relations
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsDelete, SupportsEdit
from bridgekit.to_network.act import Happened, Pieces, Route, Scene
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import Fitting
from bridgekit.to_network.message import latest, message_of, new_event
from bridgekit.to_network.substitutions import substitutions
from bridgekit.to_network.targets import Targets

KEPT = 1_000  # messages whose text is known, should they be edited


@dataclass(frozen=True, slots=True)
class Editing:
    """`original` now reads `message`; `links` are the messages that it became.

    `before` is what it said until now, where that is known. `replaces_media`: the file that it
    shows is another one. `stands`: what it answers, and what its thread hangs on.
    """

    original: EventID
    message: Message
    links: tuple[Link, ...]
    fitting: Fitting
    replaces_media: bool = False
    before: str = ""
    stands: tuple[MessageID | None, MessageID | None] = (None, None)
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        why = self._not_replaced(scene, route)
        if not why:
            fitted = await self.fitting.fitted(scene, route, self.message)
            return Pieces(self._replacing(route, fitted.messages), fitted.notes)
        if route.fallbacks.way(Feature.EDIT) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, why)
        text = self._said_again(route)
        new = Message(text, self.message.kind, self.message.attachments)
        fitted = await self.fitting.fitted(scene, route, new)
        note = f"{why} What you changed was sent as a new message."
        return Pieces([Piece(message) for message in fitted.messages], (note, *fitted.notes))

    def _said_again(self, route: Route) -> RichText:
        """The whole new text, or what has changed in it."""
        short = None
        if route.fallbacks.way(Feature.EDIT) is Way.SHORT and self.before:
            short = substitutions(self.before, plain(self.message.text))
        return (Text("* "), *self.message.text) if short is None else (Text(short),)

    def _not_replaced(self, scene: Scene, route: Route) -> str:
        """Why the network's message cannot be changed; "" if it can."""
        name = scene.network.name
        if not isinstance(route.client, SupportsEdit):
            return f"{name} cannot change messages."
        if not self.links:
            return f"{name} gave that message no ID, so it cannot be changed."
        age, at = route.limits.edit_age, scene.event.get("origin_server_ts")
        first = min(link.at for link in self.links)
        if age is not None and isinstance(at, int) and at - first > age * 1000:
            return f"{name} does not change messages as old as this one."
        return ""

    def _replacing(self, route: Route, new: Sequence[Message]) -> Sequence[Piece]:
        """Piece for piece; what is left over goes, what is missing comes behind (rule 8)."""
        old = [link.message for link in self.links]
        edits = [
            Piece(Edit(target, message, replaces_media=self.replaces_media and number == 0))
            for number, (target, message) in enumerate(zip(old, new, strict=False))
        ]
        last, limits = self.links[-1].part, route.limits
        answered = self.stands[0] if limits.replies else None
        thread = self.stands[1] if limits.threads else None
        more = [
            Piece(replace(message, reply_to=answered, thread=thread), self.original, last + number)
            for number, message in enumerate(new[len(old) :], 1)
        ]
        left_over = [Piece(_without(target, route)) for target in old[len(new) :]]
        return [*edits, *left_over, *more]

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        portal = scene.portal.id
        first = self.links[0].message if self.links else MessageID("")
        about = (RelationKind.EDIT, first, scene.sender, "", route.login)
        contents = [piece.content for piece in happened.pieces]
        gone = [content.target for content in contents if isinstance(content, Deletion)]
        return [
            save_relations([Relation(portal, scene.id, *about)], scene.journey.now()),
            *([forget_links(portal, gone)] if gone else []),
        ]


def _without(target: MessageID, route: Route) -> Deletion | Edit:
    """What is left over of a message that is shorter now."""
    if isinstance(route.client, SupportsDelete):
        return Deletion(target)
    return Edit(target, Message((Text("…"),)))


class Edits:
    """Reads edits, and what is left when one is taken back."""

    def __init__(self, targets: Targets, originals: Originals, fitting: Fitting) -> None:
        self._targets, self._originals, self._fitting = targets, originals, fitting
        # Of this process alone: which edit of an older message was its last, nobody tells.
        self._said: LRU[tuple[RoomID, EventID], str] = LRU(KEPT)

    async def read(self, scene: Scene) -> Editing | Done:
        """What an event that replaces another asks of the network.

        Raises `Failed`, `Moot`, `Park`.
        """
        if await self._targets.relations.of_event(scene.portal.id, scene.id) is not None:
            return dropped(Reason.IN_ANOTHER)  # the message was sent with it (delivery rule 9)
        original = edited_event(scene.content)
        if original is None:
            raise Failed(Reason.TARGET_UNKNOWN)
        edited = await self._targets.relations.of_event(scene.portal.id, original)
        if edited is not None:  # spec: what replaces something cannot be replaced
            raise Failed(Reason.TARGET_UNKNOWN, "Only a message can be changed, not a change.")
        links = tuple(await self._targets.of(scene, original))
        before = await self._originals.of(scene.room, original, scene.reader)
        # The first release kept the writer's name in the link, not their ID.
        writers = {*(link.sender for link in links[:1]), (before or {}).get("sender")}
        if scene.sender not in writers:
            raise Failed(Reason.NOT_THEIRS)
        self._originals.forget(scene.room, original)  # it reads otherwise now
        new = {**new_event(scene.event), "event_id": original}  # whose redaction ends its links
        message = message_of(new, scene.remote)
        other = bool(message.attachments) and _file(before or {}) != _file(new)
        stands = await self._targets.stands(scene, (before or {}).get("content", {}))
        through = links[0].login if links else None
        said = self._said.get((scene.room, original)) or ""
        self._remember(scene, original, message)
        fitting = self._fitting
        return Editing(original, message, links, fitting, other, said, stands, through=through)

    def sent(self, scene: Scene) -> None:
        """A message is on its way, and may be edited later."""
        if scene.network.options.fallbacks.way(Feature.EDIT) is Way.SHORT:
            with suppress(Failed):
                self._remember(scene, scene.id, message_of(scene.event, scene.remote))

    def _remember(self, scene: Scene, original: EventID, message: Message) -> None:
        if scene.network.options.fallbacks.way(Feature.EDIT) is Way.SHORT:
            self._said.put((scene.room, original), plain(message.text))

    async def taken_back(self, scene: Scene, edit: Relation) -> Editing | None:
        """The message as it reads without an edit; None if the network shows nothing of it."""
        links = await self._targets.links_of(scene, edit.message)
        if not links:
            return None
        original = links[0].event
        self._originals.forget(scene.room, original)
        now = await self._originals.of(scene.room, original, scene.reader)
        if now is None or not now["content"]:
            return None
        again = message_of(latest(now), scene.remote)
        return Editing(original, again, links, self._fitting, through=links[0].login)


def _file(event: Mapping[str, Any]) -> object:
    content = event.get("content", {})
    return content.get("file") or content.get("url")
