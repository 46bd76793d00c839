"""A poll on Matrix, and its end (MSC3381): as a poll, or as the lines of a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridgekit.events import Message, MessageKind, Poll
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.polls import PollStart, poll_start
from bridgekit.matrix.referring import edited_event, reference
from bridgekit.originals import Originals
from bridgekit.reasons import Reason
from bridgekit.richtext import LineBreak, RichText, Text
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsPoll
from bridgekit.to_network.act import Happened, Pieces, Route, Scene, only
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import in_its_place, in_lines
from bridgekit.to_network.rights import Rights
from bridgekit.to_network.targets import Targets


@dataclass(frozen=True, slots=True)
class Polling:
    """A question is asked."""

    start: PollStart
    reply_to: MessageID | None = None
    thread: MessageID | None = None
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        asked = replace(_poll(self.start), reply_to=self.reply_to, thread=self.thread)
        poll = in_its_place(asked, route.limits)
        if isinstance(route.client, SupportsPoll):
            return only(poll)
        name = scene.network.name
        if route.fallbacks.way(Feature.POLL) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, f"{name} has no polls.")
        lines: list[RichText] = [(Text(f"Poll: {self.start.question}"),)]
        lines += [
            (LineBreak(), Text(f"{number}. {words}"))
            for number, (_, words) in enumerate(self.start.answers, 1)
        ]
        text = tuple(node for line in lines for node in line)
        note = f"{name} has no polls: yours was sent as text."
        asking = Message(text, reply_to=poll.reply_to, thread=poll.thread)
        return in_lines(route, asking, note=note)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


@dataclass(frozen=True, slots=True)
class Closing:
    """A poll ends; `message` is what it became."""

    start: PollStart
    message: MessageID | None
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        if isinstance(route.client, SupportsPoll) and self.message is not None:
            return only(_poll(self.start, self.message))
        if route.fallbacks.way(Feature.POLL) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, f"{scene.network.name} has no polls.")
        ended = (Text(f"ended the poll: {self.start.question}"),)
        return in_lines(route, Message(ended, MessageKind.EMOTE))

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


async def read_poll(scene: Scene, targets: Targets) -> Polling:
    """What the start of a poll asks of the network; raises `Failed`."""
    if edited_event(scene.content) is not None:
        raise Failed(Reason.UNSUPPORTED, "A poll cannot be changed once it is asked.")
    start = poll_start(scene.content)
    if start is None:
        raise Failed(Reason.EMPTY, "It asks nothing, or offers no answers.")
    replied, thread = await targets.place(scene)
    return Polling(start, replied, thread)


async def read_poll_end(
    scene: Scene, targets: Targets, originals: Originals, rights: Rights
) -> Closing:
    """What the end of a poll asks of the network; raises `Failed`, `Moot`, `Park`."""
    target = reference(scene.content)
    if target is None:
        raise Moot(Reason.TARGET_UNKNOWN)
    links = await targets.of(scene, target)
    start, author = await started(scene, target, originals)
    # MSC3381: whoever asked ends it, or who may take back what others say.
    if author != scene.sender and not await rights.may_moderate(scene):
        raise Failed(Reason.NOT_THEIRS, "Only whoever asked can end a poll.")
    return Closing(start, links[0].message if links else None)


async def started(scene: Scene, target: EventID, originals: Originals) -> tuple[PollStart, UserID]:
    """The poll that an event started, and who did; raises `Failed` if it is none."""
    found = await originals.of(scene.room, target, scene.reader)
    start = None if found is None else poll_start(found["content"])
    if found is None or start is None:
        raise Failed(Reason.TARGET_UNKNOWN, "What it refers to is no poll.")
    return start, UserID(str(found.get("sender")))


def _poll(start: PollStart, target: MessageID | None = None) -> Poll:
    return Poll(
        start.question,
        tuple(words for _, words in start.answers),
        multiple=start.most > 1,
        anonymous=not start.disclosed,
        closed=target is not None,
        target=target,
    )
