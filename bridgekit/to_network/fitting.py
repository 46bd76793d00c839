"""Something said, made into what the network takes: links for files, quotations for replies.

What is done where a feature is lacking, the table says (`fallback.py`); what differs from what its
sender would think, the notes tell them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from bridgekit.adapter import Limits
from bridgekit.errors import Rejected
from bridgekit.events import Location, MatrixEvent, Message, MessageKind, Poll
from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.originals import Originals
from bridgekit.person.profiles import Profiles
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.richtext import Link, Mention, RichText, Text, plain
from bridgekit.to_network.act import Pieces, Route, Scene
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.files import as_taken, size_words
from bridgekit.to_network.message import latest, text_of
from bridgekit.to_network.plan import messages_of
from bridgekit.to_network.quoting import Original, first_words, in_answer, quotes, time_of

LONG = 3  # pieces; more of them may be a page
Shown = TypeVar("Shown", Location, Poll)

_ONE = {
    AttachmentKind.IMAGE: "an image",
    AttachmentKind.FILE: "a file",
    AttachmentKind.AUDIO: "an audio file",
    AttachmentKind.VIDEO: "a video",
    AttachmentKind.VOICE: "a voice message",
    AttachmentKind.STICKER: "a sticker",
}


class PublicLinks(Protocol):
    """What the world can open; `possible`: the bridge has an address that it reaches."""

    @property
    def possible(self) -> bool: ...
    async def link(self, attachment: Attachment) -> str: ...
    async def page(self, room: RoomID, event: EventID) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """The events that a message answers, and that its thread hangs on."""

    replied: EventID | None = None
    hung_on: EventID | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The messages to send, and what its sender is told of them."""

    messages: Sequence[Message]
    notes: tuple[str, ...] = ()


class Fitting:
    """For all networks; what differs is in the route."""

    def __init__(self, links: PublicLinks, originals: Originals, profiles: Profiles) -> None:
        self._links, self._originals, self._profiles = links, originals, profiles

    async def fitted(
        self, scene: Scene, route: Route, message: Message, about: About = About()
    ) -> Fitted:
        """What the message is sent as. Raises `Failed` where nothing can be, or `Rejected`."""
        notes: list[str] = []
        placed = await self._placed(scene, route, message, about, notes)
        messages = await self._with_files(scene, route, placed, notes)
        most = route.limits.pieces
        wanted = most is not None or route.fallbacks.way(Feature.LONG_TEXT) is Way.LINK
        as_page = wanted and self._links.possible
        try:
            pieces = [piece for one in messages for piece in in_pieces(one, route)]
        except Rejected:  # more pieces than the network takes at all, say
            if not as_page:
                raise
            return await self._page(scene, route, placed, notes)
        if as_page and len(pieces) > (most or LONG):
            return await self._page(scene, route, placed, notes)
        return Fitted(pieces, tuple(notes))

    async def original(self, scene: Scene, event: EventID) -> Original | None:
        """What somebody said, as it can be shown on the network; None if it is not there."""
        found = await self._originals.of(scene.room, event, scene.reader)
        if found is None:
            return None
        found = latest(found)
        sender = UserID(str(found.get("sender")))
        name = (await self._profiles.of(scene.room, sender)).name
        remote = scene.remote(sender)
        author = Text(name) if remote is None else Mention(name, user=remote)
        try:
            text = first_words(text_of(found["content"]))
        except Failed:  # it was redacted, or says nothing
            text = ""
        return Original(author, text, time_of(found))

    async def _placed(
        self, scene: Scene, route: Route, message: Message, about: About, notes: list[str]
    ) -> Message:
        """The message in the place that the network can give it."""
        replied = about.replied
        if about.hung_on is not None and (message.thread is None or not route.limits.threads):
            if route.fallbacks.way(Feature.THREAD) is Way.REPLY:
                replied = replied or about.hung_on
                reply_to = message.reply_to or message.thread
                message = replace(message, reply_to=reply_to)
            if not route.limits.threads:
                notes.append(f"{scene.network.name} has no threads: it was sent without one.")
            message = replace(message, thread=None)
        if replied is None:
            return message
        if message.reply_to is None or not route.limits.replies:
            message = replace(message, reply_to=None)
        elif not route.limits.quotes:
            return message
        if route.fallbacks.way(Feature.REPLY) is Way.PLAIN:
            return message
        original = await self.original(scene, replied)
        if original is None or await self._not_theirs_to_quote(scene, replied):
            return message
        if not route.limits.replies:
            how = "a short quote" if quotes(original, time_of(scene.event)) else "a name before it"
            notes.append(f"{scene.network.name} has no replies: it was sent with {how}.")
        text = in_answer(message.text, original, time_of(scene.event))
        return replace(message, text=text)

    async def _not_theirs_to_quote(self, scene: Scene, event: EventID) -> bool:
        """What was said before somebody came, others may have meant for who was there."""
        found = await self._originals.of(scene.room, event, scene.reader)
        return found is not None and await self._originals.came_after(
            scene.room, scene.sender, found
        )

    async def _with_files(
        self, scene: Scene, route: Route, message: Message, notes: list[str]
    ) -> list[Message]:
        """The message with the files that the network takes; a line for each of the others."""
        taken: list[Attachment] = []
        lines: list[Message] = []
        for attachment in message.attachments:
            fits = as_taken(attachment, route.limits)
            if fits is not None:
                taken.append(fits)
                continue
            line = await self._line(route, attachment)
            if line is not None:
                lines.append(replace(message, text=line, kind=MessageKind.EMOTE, attachments=()))
                name = scene.network.name  # not the file's: what is told once names none
                notes.append(f"{name} does not take every file: yours was sent as a link.")
            elif not message.text:
                raise Failed(Reason.UNSUPPORTED, self._why(scene, route, attachment))
            else:
                notes.append(f"The file was not sent. {self._why(scene, route, attachment)}")
        if not lines:
            return [replace(message, attachments=tuple(taken))]
        if taken or message.text:
            rest = replace(message, attachments=tuple(taken), reply_to=None)
            return [*lines, rest]
        return lines

    async def _line(self, route: Route, attachment: Attachment) -> RichText | None:
        """What stands for a file that the network does not take; None if nothing does."""
        way = route.fallbacks.way(Feature(attachment.kind.value))
        if way is not Way.LINK or not self._links.possible:
            return None
        url = await self._links.link(attachment)
        words = f"sent {_ONE[attachment.kind]}: {attachment.name}{size_words(attachment.size)} "
        return (Text(words), Link((Text(url),), url))

    def _why(self, scene: Scene, route: Route, attachment: Attachment) -> str:
        why = f"{_takes_no(scene, attachment)}."
        if route.fallbacks.way(Feature(attachment.kind.value)) is Way.LINK:
            return f"{why} The bridge has no public address under which it could offer a link."
        return why

    async def _page(self, scene: Scene, route: Route, message: Message, notes: list[str]) -> Fitted:
        """A long text as a page."""
        notes.append(f"It is too long for {scene.network.name}: it was sent as a link to a page.")
        url = await self._links.page(scene.room, scene.id)
        words = (Text(f"{first_words(message.text)} "), Link((Text(url),), url))
        pieces = in_pieces(replace(message, text=words, attachments=()), route)
        return Fitted(pieces, tuple(notes))


def in_pieces(message: Message, route: Route) -> Sequence[Message]:
    """The message in pieces that the network takes. May raise `Rejected`."""
    if message.attachments and not plain(message.text).strip():
        return (message,)
    event = MatrixEvent(route.chat, message, "", route.author, relayed=route.relayed)
    return messages_of(route.client, event, route.limits)


def in_its_place(shown: Shown, limits: Limits) -> Shown:
    """A place or a poll where the network can have it: what it answers is not quoted for it."""
    thread = shown.thread if limits.threads else None
    answered = shown.reply_to if limits.threads else shown.reply_to or shown.thread
    return replace(shown, thread=thread, reply_to=answered if limits.replies else None)


def in_lines(route: Route, *messages: Message, note: str = "") -> Pieces:
    """Text in the place of what the network lacks, cut as any text is. May raise `Rejected`."""
    cut = [Piece(piece) for message in messages for piece in in_pieces(message, route)]
    return Pieces(cut, (note,) if note else ())


def _takes_no(scene: Scene, attachment: Attachment) -> str:
    return f"{scene.network.name} does not take this file ({attachment.name})"
