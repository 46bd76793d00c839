"""What was said in a room before any of us was in: the homeserver pushes only what follows.

Clients make the room with the first message, so that one comes before any of us joins. What is
older than the invitation was not said to us.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any, Protocol

import structlog

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.intents import Intents
from bridgekit.models import Millis
from bridgekit.said import BEFORE_US, MESSAGES
from bridgekit.store.intake import AcceptTransaction
from bridgekit.store.writer import Writer

log = structlog.get_logger()

# Events that a room may have before we are in: a chat, while the bridge is down (Synapse gives no
# more in one answer), and one in which the bot is given commands.
BEFORE, COMMANDS = 1_000, 50

Event = Mapping[str, Any]


async def since(
    intents: Intents,
    room: RoomID,
    invitation: EventID,
    reader: UserID,
    most: int,
    senders: Sequence[UserID] = (),
) -> Sequence[Event]:
    """What happened after the invitation, newest first, by these `senders`, or by anybody."""
    recent = await intents.recent(room, most, reader, senders)
    found = list(takewhile(lambda event: event.get("event_id") != invitation, recent))
    if len(found) >= most:
        log.warning("only the last that was said before we were in is taken in", room=room)
    return found


def not_pushed(
    events: Sequence[Event], ours: Collection[UserID], kinds: Collection[str]
) -> list[Event]:
    """What of this, newest first, was said before any of `ours` was in; the oldest first."""
    said: list[Event] = []
    for event in events:
        if event.get("state_key") in ours:
            if is_joining(event):
                said.clear()  # what came after that was pushed
        elif event.get("type") in kinds and event.get("sender") not in ours:
            said.append(event)
    return [one for one in said[::-1] if one.get("content")]  # else redacted


def is_joining(event: Event) -> bool:
    content = event.get("content")
    return isinstance(content, dict) and content.get("membership") == "join"


class Inbox(Protocol):
    """Where transactions are split."""

    async def again(self, storing: Awaitable[int | None], txn: str, body: str) -> object:
        """What `storing` makes a transaction is split after those that came before."""

    async def drained(self) -> None:
        """Return once all that was taken by now is in the lanes."""


class SaidToBot:
    """Commands that the bot was given while it was only invited.

    They are taken in as a transaction that the homeserver did not send, so that they are read,
    sealed, and put by until their key comes, as all others are; each once, as it has its own name.
    """

    def __init__(
        self,
        intents: Intents,
        writer: Writer,
        inbox: Inbox,
        hidden: Callable[[Event], Awaitable[Event | None]],
    ) -> None:
        self._intents, self._writer = intents, writer
        self._inbox, self._hidden = inbox, hidden

    async def take_in(self, room: RoomID, invitation: EventID, now: Millis) -> None:
        """The bot is in; safe to repeat. What came since waits behind it (see `Control`)."""
        bot = self._intents.bot
        recent = await since(self._intents, room, invitation, bot, COMMANDS)
        events = not_pushed(recent, {bot}, MESSAGES)
        if not events:
            return
        log.info("what was said before the bot was in is taken in", room=room, events=len(events))
        content: Event = {"events": [{**one, "unsigned": {BEFORE_US: True}} for one in events]}
        body = json.dumps(await self._hidden(content) or content)
        txn = f"before the bot {invitation}"
        digest = hashlib.sha256(json.dumps([txn]).encode()).hexdigest()
        accept = AcceptTransaction(txn, digest, body, now)
        await self._inbox.again(self._writer.write(accept), txn, body)
        await self._inbox.drained()
