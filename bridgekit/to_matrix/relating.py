"""What a message answers and which thread it is in, as far as its target is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.events import Content, Location, Message, Poll
from bridgekit.ids import EventID, MessageID, PortalID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.relation_content import in_reply, in_thread
from bridgekit.models import Link
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.targets import Targets

REMEMBERED = 10_000
UNRELATED = 400  # a homeserver that does not take a relation, to an event in a thread for one


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the talk a message belongs. `spoken_to`: who wrote what it answers."""

    reply: EventID | None = None
    root: EventID | None = None
    latest: EventID | None = None
    spoken_to: UserID | None = None

    @property
    def related(self) -> bool:
        return self.reply is not None or self.root is not None

    def relation(self, *, first: bool) -> dict[str, Any]:
        """What the contents of its events say of it; only the first of them is the answer."""
        reply = self.reply if first else None
        if self.root is not None:
            return in_thread(self.root, self.latest or self.root, reply)
        return in_reply(reply) if reply is not None else {}

    def placed(self, content: Mapping[str, Any], *, first: bool = True) -> dict[str, Any]:
        """The content with its relation, and its mention of whom it answers."""
        said = {**content, **self.relation(first=first)}
        if first and self.spoken_to is not None and "m.mentions" in said:
            meant = said["m.mentions"]
            users = sorted({*meant.get("user_ids", ()), self.spoken_to})
            said["m.mentions"] = {**meant, "user_ids": users}
        return said


class Relating:
    """Finds places, and remembers what was last said in which thread."""

    def __init__(self, targets: Targets, authors: Authors) -> None:
        self._targets, self._authors = targets, authors
        self._latest: LRU[tuple[PortalID, EventID], EventID] = LRU(REMEMBERED)
        self._roots: LRU[tuple[PortalID, EventID], EventID] = LRU(REMEMBERED)

    async def place(self, scene: Scene[Content], message: Message | Location | Poll) -> Place:
        """What is not known, or is the message itself, is left out: nothing waits for it."""
        if message.reply_to is None and message.thread is None:
            return Place()
        answered = await self._find(scene, message.reply_to)
        hung_on = await self._find(scene, message.thread)
        spoken_to = None if answered is None else self._authors.person(answered.sender)
        reply = None if answered is None else answered.event
        if hung_on is None:
            return Place(reply, spoken_to=spoken_to)
        if (
            isinstance(message, Message) and message.broadcast
        ):  # shown to everybody: as an answer, since Matrix has only one place
            return Place(reply or hung_on.event, spoken_to=spoken_to)
        # Spec, "Threading": a thread cannot hang on an event that is itself in one.
        root = self._roots.get((scene.portal_id, hung_on.event)) or hung_on.event
        if reply == root:
            reply = None  # every message of a thread is about what it hangs on
        latest = self._latest.get((scene.portal_id, root))
        return Place(reply, root, latest, spoken_to)

    def said(self, scene: Scene[Content], place: Place, event: EventID) -> None:
        """The message is there: in its thread, it is the latest one."""
        if place.root is not None:
            self._latest.put((scene.portal_id, place.root), event)
            self._roots.put((scene.portal_id, event), place.root)

    async def _find(self, scene: Scene[Content], message: MessageID | None) -> Link | None:
        if message is None or message == scene.event.id:
            return None
        links = await self._targets.known(scene, message)
        return links[0] if links else None
