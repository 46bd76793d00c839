"""Commands in the chat: bare where somebody is alone with the bot, with a prefix anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog

from bridgekit.clock import Clock
from bridgekit.commands.addressed import after, text_of
from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.command import Answer, AnyCommand, Preview
from bridgekit.commands.confirming import CONFIRM, Confirming
from bridgekit.commands.giving import Giving
from bridgekit.commands.place import Place, Rooms
from bridgekit.commands.replies import Replies
from bridgekit.commands.sealed import still_sealed
from bridgekit.commands.secrecy import Secrecy, is_typed, may_hold_secret
from bridgekit.commands.spelling import with_prefix
from bridgekit.commands.telling import Telling
from bridgekit.commands.words import split, usage
from bridgekit.commands.working import working
from bridgekit.errors import BridgekitError
from bridgekit.fault import fault_of
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import SENTENCES, Why, refused_command, why_of
from bridgekit.models import Portal
from bridgekit.permissions.permissions import Permissions
from bridgekit.reasons import Reason
from bridgekit.store.failure import StoreDown

log = structlog.get_logger()

SHARED_FOR = 300.0  # seconds for which a room with others in it is taken for one
KEPT = 1_000
CANCEL = "cancel"
BROKEN = "The bridge failed while it did this; its log says why."
NOT_READ = "I read plain text only."
OTHER_KEY = "What you said was stored with a key that I have no more: say it again."
BARE = 3  # words at most of what looks like a command without its prefix
PREFIXED = "Where others read along, I take only what begins with my prefix. Write: {}"
WENT_ON = "What you said here was not bridged, as the chat that was here goes on there: {}"
ENCRYPTED = (
    "This room is encrypted, and I cannot read encrypted messages: "
    "open a room with me that is not encrypted."
)
PLAIN = (
    "It is not encrypted, and this bridge takes only what is: open another room with me that is "
    "encrypted, or switch encryption on in the settings of this one."
)


class Conversation(Protocol):
    """What somebody is in the middle of, as a sign-in that has asked them something."""

    async def said(self, user: UserID, room: RoomID, event: EventID, text: str) -> bool:
        """Whether `text`, said where nobody else reads, was an answer to it: all is done then."""


class Chat:
    """The handler of what is said to the bot."""

    def __init__(
        self,
        giving: Giving,
        replies: Replies,
        rooms: Rooms,
        secrecy: Secrecy,
        permissions: Permissions,
        conversation: Conversation,
        clock: Clock,
        prefix: str,
    ) -> None:
        self._giving, self._replies, self._rooms = giving, replies, rooms
        self._secrecy, self._permissions = secrecy, permissions
        self._conversation, self._clock, self._prefix = conversation, clock, prefix
        self._confirming = Confirming(clock)
        self._unsent: LRU[EventID, Answer] = LRU(KEPT)
        self._shared: LRU[RoomID, float] = LRU(KEPT)
        self._hinted: LRU[RoomID, bool] = LRU(KEPT)

    async def hear(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        portals: Sequence[Portal],
        prefix: str,
        speaker: UserID | None = None,
    ) -> Done:
        """Do what a message asks for, if it is for us. May raise `RetryLater`.

        `prefix` is what began a command when it was said; `speaker` answers where the bot may not
        be.
        """
        user, room, text = UserID(event["sender"]), RoomID(event["room_id"]), text_of(event)
        typed = None if text is None else after(prefix, text)
        if self._permissions.blocked(user):
            return dropped(Reason.NOT_PERMITTED)
        alone = not portals and await self._alone(user, room, asked=typed is not None)
        at = EventID(event["event_id"])
        telling = Telling(self._replies, user, room, at, alone, speaker, journey.doubtful)
        if typed is None and not alone and not refused_command(event):
            if not portals and text is not None and await self._hint(telling, text):
                return Done(Reason.DONE)
            return dropped(Reason.NOT_BRIDGED_KIND if portals else Reason.FOREIGN_ROOM)
        if text is None or still_sealed(event):
            return await self._not_read(telling, event, portals)
        if typed is None and (
            await self._answers_us(telling, text) or await self._went_on(telling)
        ):
            return Done(Reason.DONE)
        answer = self._unsent.get(at)
        if answer is None:
            answer = await self._answer(telling, text if typed is None else typed)
            self._unsent.put(at, answer)  # what is done is done, should it not be said at once
        if answer.text:  # else what it has begun speaks for itself
            await telling.end(answer)
        self._unsent.forget(at)
        return Done(Reason.DONE)

    async def unread(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        speaker: UserID | None,
        why: str = OTHER_KEY,
    ) -> None:
        """Tell whoever said it why nobody gets it: no key opens it. May raise `RetryLater`."""
        telling = Telling(
            self._replies,
            UserID(event["sender"]),
            RoomID(event["room_id"]),
            EventID(event["event_id"]),
            alone=False,
            speaker=speaker,
            doubtful=journey.doubtful,
        )
        await telling.end(Answer(text=why))

    def is_secret(self, event: Mapping[str, Any]) -> bool:
        """Whether it is a command with a secret, be it one without the prefix."""
        table, text = self._giving.table, text_of(event) or ""
        return is_typed(table, text) and may_hold_secret(table, text)

    async def _hint(self, telling: Telling, text: str) -> bool:
        """Whether it is a command but for the prefix; whoever forgot it is told, once a room.

        A secret is taken back every time.
        """
        command = None if telling.room in self._hinted else self._unprefixed(text)
        warning = hint = ""
        if command is not None or is_typed(self._giving.table, text):
            place = Place(telling.room, telling.alone, telling.event)
            warning = await self._secrecy.keep(self._giving.table, text, place)
        if command is not None:  # its usage alone, as what they said may be secret
            hint = PREFIXED.format(f"`{self._prefix} {usage(command)}`")
        if not hint and not warning:
            return False
        await telling.end(Answer(text=f"{hint} {warning}".strip()))
        if hint:
            self._hinted.put(telling.room, value=True)
        return True

    def _unprefixed(self, text: str) -> AnyCommand | None:
        name, *rest = text.split() or [""]
        try:
            return self._giving.table.find(name) if len(rest) < BARE else None
        except BridgekitError:
            return None

    async def _answers_us(self, telling: Telling, text: str) -> bool:
        """Whether it is no command, but the answer to something that they were asked."""
        if text.lower() == CANCEL:
            return False
        return await self._conversation.said(telling.user, telling.room, telling.event, text)

    async def _alone(self, user: UserID, room: RoomID, *, asked: bool) -> bool:
        """Whether nobody else reads it. Of others' rooms that is not asked at each message."""
        now = self._clock.monotonic()
        since = self._shared.get(room)
        if not asked and since is not None and now - since < SHARED_FOR:
            return False
        alone = await self._rooms.alone(user, room)
        if not alone:
            self._shared.put(room, now)
        return alone

    async def _not_read(
        self, telling: Telling, event: Mapping[str, Any], portals: Sequence[Portal]
    ) -> Done:
        content = event["content"]
        if content.get("msgtype") == "m.notice" or "m.new_content" in content:
            return dropped(Reason.NOT_BRIDGED_KIND)  # bots must not answer each other
        if not await self._went_on(telling):
            text = _not_read(event, bridged=bool(portals))
            await telling.end(Answer(text=self._spelt(telling, text)))
        return Done(Reason.DONE)

    async def _went_on(self, telling: Telling) -> bool:
        """Whether it was for somebody whose chat is not here any more."""
        where = await self._rooms.goes_on_at(telling.room)
        if where is not None:
            await telling.end(Answer(text=WENT_ON.format(where)))
        return where is not None

    async def _answer(self, telling: Telling, typed: str) -> Answer:
        """What becomes of it, or why nothing does."""
        place = Place(telling.room, telling.alone, telling.event)
        caller = Caller(telling.user, Via.CHAT)
        warning = await self._secrecy.keep(self._giving.table, typed, place)
        try:
            words = self._confirming.meant(telling.room, telling.user, split(typed))
            async with working(telling.progress, self._clock) as progress:
                answer = await self._giving.typed(caller, words, place, progress)
            if isinstance(answer, Preview):
                answer = self._to_confirm(telling, words, answer)
        except StoreDown:
            raise  # it was not begun, or how it ended is not kept: it is looked at again
        except BridgekitError as error:
            answer = Answer(text=str(error))
        except Exception as error:  # noqa: BLE001 (a command's own: whoever gave it must hear of it)
            log.warning("a command failed", error=fault_of(error, self), source=telling.event)
            answer = Answer(text=BROKEN)
        said = self._spelt(telling, f"{answer.text} {warning}".strip())
        return answer.model_copy(update={"text": said})

    def _spelt(self, telling: Telling, text: str) -> str:
        """With commands as they are typed there."""
        if telling.alone:
            return text
        return with_prefix(text, self._prefix, self._giving.table.anywhere)

    def _to_confirm(self, telling: Telling, words: Sequence[str], answer: Preview) -> Answer:
        self._confirming.show(telling.room, telling.user, words, answer.confirm)
        word = CONFIRM if telling.alone else f"{self._prefix} {CONFIRM}"
        return Answer(text=f"{answer.text}\nWrite `{word}` to do it.")


def _not_read(event: Mapping[str, Any], *, bridged: bool) -> str:
    """Why what somebody said cannot be read, in words for them."""
    if event["type"] != "m.room.encrypted":
        return OTHER_KEY if still_sealed(event) else NOT_READ
    why = why_of(event["content"])
    if why is None:
        return ENCRYPTED
    if why is Why.PLAIN:
        return f"I do not take this. {SENTENCES[why] if bridged else PLAIN}"
    return f"I cannot read this. {SENTENCES[why]}"
