"""Encrypted events, as they are taken from the homeserver: read, put by until their key comes, or
refused.

What was read is what any other event is from here on. What cannot be read goes on as it is, and
says why: its sender is told like that of anything that is not bridged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bridgekit.encryption.reading import Reading, Refusal
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import Why, given_up, unreadable
from bridgekit.matrix.reading import storable
from bridgekit.matrix.referring import edited_event, redacted_event
from bridgekit.models import Millis
from bridgekit.store.encryption import Change, Place, save_places, save_settings
from bridgekit.store.unread_events import (
    TAKEN,
    Unread,
    UnreadEvents,
    keep_unread,
    redact_unread,
    split_again,
)

log = structlog.get_logger()

WITHHELD = 1_000  # keys that nobody gives us, which are missed in a moment
Hidden = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class Opening:
    """The events of one transaction, and what goes into the commit that splits it. Of what was
    said before `since` no key can come that is not there.
    """

    def __init__(self, opener: Opener, since: Millis) -> None:
        self._opener, self._since = opener, since
        self._places: dict[Place, str] = {}
        self._unread: list[Unread] = []
        self._again: list[EventID] = []
        self._free: set[tuple[str, UserID]] = set()
        self._settings: list[Change] = []
        self._redacted: list[Change] = []

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The event as it reads; None: it waits for its key."""
        await self._heed(event)
        if event["type"] != "m.room.encrypted" or "state_key" in event or not event["content"]:
            return self._opener.refused(event) or event
        behind = await self._behind(event)
        if behind is not None:
            return self._put_by(event, behind)
        why = given_up(event)
        if why is not None:
            return unreadable(event, why)
        try:
            found = await self._opener.reading.read(event, self._places)
        except Refusal as refusal:
            if refusal.why is not Why.TOO_EARLY:
                self._opener.reading.refused += 1
                log.warning(
                    "an encrypted event was refused",
                    room=event["room_id"],
                    event_id=event["event_id"],
                    why=refusal.why.value,
                )
            return unreadable(event, refusal.why)
        if found is None:
            return self._put_by(event)
        plain, place = found
        self._places[place] = event["event_id"]
        return await self._opener.hide(plain)

    def _put_by(
        self, event: Mapping[str, Any], behind: str | None = None
    ) -> Mapping[str, Any] | None:
        if self._since and event["origin_server_ts"] < self._since:
            return unreadable(event, Why.TOO_SOON)
        self._unread.append(self._opener.unread(event, behind))
        return None

    async def _heed(self, event: Mapping[str, Any]) -> None:
        """What is said of the room, of who is in it, or of what waits."""
        kind = event["type"]
        if kind == "m.room.encryption" and event.get("state_key") == "":
            self._settings += self._opener.encrypted(event)
        elif kind == "m.room.history_visibility" and event.get("state_key") == "":
            self._opener.moved(RoomID(event["room_id"]), None)
        elif kind == "m.room.member" and event.get("state_key"):
            self._opener.moved(RoomID(event["room_id"]), UserID(event["state_key"]))
        elif kind == "m.room.redaction":
            await self._take_back(event)

    async def _take_back(self, event: Mapping[str, Any]) -> None:
        """What is redacted while it waits has no job yet that its redaction could cancel."""
        target = redacted_event(event)
        if target is not None and storable(target) and await self._opener.held():
            self._redacted.append(redact_unread(RoomID(event["room_id"]), target))

    async def _behind(self, event: Mapping[str, Any]) -> str | None:
        """For which session's key it waits, whether its own is there or not: for its own, or, if it
        is an edit, for that of what it edits. That would be bridged as it was, else.
        """
        if await self._is_held(event):
            return str(event["content"]["session_id"])
        edited, sender = edited_event(event["content"]), UserID(event["sender"])
        if edited is None or not storable(edited) or not await self._opener.held():
            return None
        self._again.append(EventID(event["event_id"]))  # if it was
        if given_up(event) is not None:
            return None
        for one in self._unread:
            if (one.event, one.sender) == (edited, sender):
                return one.session
        return await self._opener.rows.session_of(edited, sender)

    async def _is_held(self, event: Mapping[str, Any]) -> bool:
        """Whether it has to wait behind what was said before with the same key.

        That waits for the key, or the key has come and it is on its way: it must not be overtaken.
        """
        session, sender = event["content"].get("session_id"), UserID(event["sender"])
        held = await self._opener.held()
        if not isinstance(session, str) or (session, sender) not in held:
            return False
        if any((one.session, one.sender) == (session, sender) for one in self._unread):
            return True
        name = EventID(event["event_id"])
        count, own = await self._opener.rows.before(name, session, sender)
        if own == TAKEN:
            self._again.append(name)
            if count == 1:
                self._free.add((session, sender))
        elif not count:
            held.discard((session, sender))
        return count > 0 and own != TAKEN  # one that was redacted stays so

    def changes(self) -> Sequence[Change]:
        """For the commit of the split."""
        at = self._opener.now()
        places = [(place, EventID(event)) for place, event in self._places.items()]
        changes = [*self._settings]
        if places:
            changes.append(save_places(places, at))
        if self._unread:
            changes.append(keep_unread([self._opener.explained(one) for one in self._unread]))
        if self._again:
            changes += split_again(self._again)
        return [*changes, *self._redacted]

    def stored(self) -> None:
        """The commit is made."""
        self._opener.freed(self._free - {(one.session, one.sender) for one in self._unread})
        if self._unread or self._redacted:
            self._opener.waits()


class Opener:
    """The inbox's. `refused` says what of plain text goes on, and how, where none may cross;
    `moved` hears who came to or left a room (None: others may read it now), `waits` that something
    waits now.
    """

    def __init__(
        self,
        reading: Reading,
        rows: UnreadEvents,
        hidden: Hidden,
        now: Callable[[], Millis],
        refused: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
        moved: Callable[[RoomID, UserID | None], None],
        switched: Callable[[RoomID], None],
        waits: Callable[[], None],
    ) -> None:
        self.reading, self.rows, self._hidden = reading, rows, hidden
        self.now, self.refused = now, refused
        self.moved, self._switched, self.waits = moved, switched, waits
        self._last = 0
        self._held: set[tuple[str, UserID]] | None = None
        self._withheld: LRU[tuple[str, UserID], str] = LRU(WITHHELD)

    def begin(self, since: Millis = 0) -> Opening:
        return Opening(self, since)

    def encrypted(self, event: Mapping[str, Any]) -> Sequence[Change]:
        """A room is encrypted from now on."""
        room = RoomID(event["room_id"])
        self._switched(room)
        return (save_settings(room, json.dumps(event["content"])),)

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event that we look up, as it reads; itself, if we cannot."""
        if event.get("type") != "m.room.encrypted" or not event.get("content"):
            return event
        try:
            found = await self.reading.read(event, {})
        except (Refusal, LookupError, TypeError):
            return event
        return event if found is None else found[0]

    async def hide(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """As it may be stored: what is said to the bridge itself may hold a secret."""
        hidden = await self._hidden({"events": [event]})
        kept: Mapping[str, Any] = event if hidden is None else hidden["events"][0]
        return kept

    async def held(self) -> set[tuple[str, UserID]]:
        """The sessions, and whose, of which something may wait or be on its way. Most have none,
        which needs no question.
        """
        if self._held is None:
            self._held = await self.rows.held()
        return self._held

    def freed(self, keys: set[tuple[str, UserID]]) -> None:
        """Nothing of these waits any more."""
        if self._held is not None:
            self._held -= keys

    def withheld(self, session: str, sender: UserID, why: str) -> None:
        """A key is not given to us. Clients say so before they say what it is for."""
        self._withheld.put((session, sender), why)

    def explained(self, one: Unread) -> Unread:
        """With why its key does not come, if that was said."""
        return replace(one, why=self._withheld.get((one.session, one.sender)) or one.why)

    def unread(self, event: Mapping[str, Any], behind: str | None = None) -> Unread:
        """One that is kept, for the key of its session, or of `behind`. Each has a time of its own,
        by which they are taken in again in order: those of one transaction are opened within the
        same millisecond.
        """
        self._last = max(self.now(), self._last + 1)
        session = str(event["content"]["session_id"]) if behind is None else behind
        sender = UserID(event["sender"])
        if self._held is not None:
            self._held.add((session, sender))
        named = (EventID(event["event_id"]), RoomID(event["room_id"]), session)
        return Unread(*named, sender, json.dumps(event), self._last, "")
