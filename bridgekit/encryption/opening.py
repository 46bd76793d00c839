"""Encrypted events, as they are taken from the homeserver: read, put by until their key comes, or
refused.

What was read is what any other event is from here on. What cannot be read goes on as it is, and
says why: its sender is told like that of anything that is not bridged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from vodozemac import InboundGroupSession, MegolmMessage

from bridgekit.encryption.signed import MEGOLM, PLAIN
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import GIVEN_UP, OUTSIDE, WHY, Why
from bridgekit.matrix.reading import read_json, storable
from bridgekit.models import Millis
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    ReadingKey,
    save_places,
    save_settings,
)
from bridgekit.store.unread_events import Unread, keep_unread

log = structlog.get_logger()

PLACE = "reading key:"
KEPT = 2_000  # keys
_INNER = frozenset(
    {
        *("m.room.message", "m.sticker", "m.reaction"),
        *(
            f"{name}.{act}"
            for name in ("m.poll", "org.matrix.msc3381.poll")
            for act in ("start", "response", "end")
        ),
    }
)
Hidden = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class Refusal(ValueError):  # noqa: N818 (named by what it is)
    """It is not what it claims to be, or never can be read."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(slots=True)
class _Live:
    """A key in use, and up to which place it was used."""

    row: ReadingKey
    session: InboundGroupSession
    highest: int


class Reading:
    """With the keys that we have."""

    def __init__(self, rows: EncryptionRows, sealing: Sealing) -> None:
        self._rows, self._sealing = rows, sealing
        self._live: LRU[str, _Live] = LRU(KEPT)
        self.refused = 0

    def forget(self) -> None:
        """Keys have come, and some may be better."""
        self._live = LRU(KEPT)

    async def read(
        self, event: Mapping[str, Any], places: Mapping[tuple[str, int], str]
    ) -> tuple[Mapping[str, Any], tuple[str, int]] | None:
        """What was said, and the place of the key that it was read with; None: there is no key.

        `places` are those that were read and are not stored yet. Raises `Refusal`.
        """
        name, text = _parts(event["content"])
        live = await self._key(name)
        if live is None:
            return None
        if live.row.room != event["room_id"]:
            raise Refusal(Why.FORGED)
        if not live.row.ours and live.row.sender != event["sender"]:
            raise Refusal(Why.FORGED)
        payload, place = _decrypted(live.session, text)
        known = places.get((name, place)) or await self._used(live, name, place)
        if known is not None and known != event["event_id"]:
            raise Refusal(Why.REPLAYED)
        return _plain(event, payload), (name, place)

    async def _key(self, name: str) -> _Live | None:
        live = self._live.get(name)
        if live is not None:
            return live
        row = await self._rows.reading_key(name)
        if row is None:
            return None
        try:
            session = InboundGroupSession.from_pickle(
                self._sealing.open(row.keys, PLACE + name), PLAIN
            )
        except (Unreadable, ValueError):
            log.warning("the key of an encrypted room was sealed with another key", room=row.room)
            raise Refusal(Why.NO_KEY) from None
        highest = await self._rows.highest(name)
        return self._live.put(name, _Live(row, session, highest))

    async def _used(self, live: _Live, name: str, place: int) -> str | None:
        """Which event was read with this place; most places are new, which needs no question."""
        if place > live.highest:
            live.highest = place
            return None
        return await self._rows.event_at(name, place)


class Opening:
    """The events of one transaction, and what goes into the commit that splits it."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._places: dict[tuple[str, int], str] = {}
        self._unread: list[Unread] = []
        self._settings: list[Change] = []

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The event as it reads; None: it waits for its key."""
        kind = event["type"]
        if kind == "m.room.encryption" and event.get("state_key") == "":
            self._settings += self._opener.encrypted(event)
        elif kind == "m.room.history_visibility" and event.get("state_key") == "":
            self._opener.moved(RoomID(event["room_id"]), None)
        elif kind == "m.room.member" and event.get("state_key"):
            self._opener.moved(RoomID(event["room_id"]), UserID(event["state_key"]))
        if kind != "m.room.encrypted" or "state_key" in event or not event["content"]:
            return self._opener.refused(event) or event
        given_up = _given_up(event)
        if given_up is not None:
            return _unreadable(event, given_up)
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
            return _unreadable(event, refusal.why)
        if found is None:
            self._unread.append(self._opener.unread(event))
            return None
        plain, place = found
        self._places[place] = event["event_id"]
        return await self._opener.hide(plain)

    def changes(self) -> Sequence[Change]:
        """For the commit of the split."""
        at = self._opener.now()
        places = [(name, n, EventID(event)) for (name, n), event in self._places.items()]
        changes = [*self._settings]
        if places:
            changes.append(save_places(places, at))
        if self._unread:
            changes.append(keep_unread(self._unread))
        return changes

    def stored(self) -> None:
        """The commit is made."""
        if self._unread:
            self._opener.waits()


class Opener:
    """The inbox's. `refused` says what of plain text goes on, and how, where none may cross;
    `moved` hears who came to or left a room (None: others may read it now), `waits` that something
    waits now.
    """

    def __init__(
        self,
        reading: Reading,
        hidden: Hidden,
        now: Callable[[], Millis],
        refused: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
        moved: Callable[[RoomID, UserID | None], None],
        switched: Callable[[RoomID], None],
        waits: Callable[[], None],
    ) -> None:
        self.reading, self._hidden, self.now, self.refused = reading, hidden, now, refused
        self.moved, self._switched, self.waits = moved, switched, waits
        self._last = 0

    def begin(self) -> Opening:
        return Opening(self)

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

    def unread(self, event: Mapping[str, Any]) -> Unread:
        """One that is kept. Each has a time of its own, by which they are taken in again in order:
        those of one transaction are opened within the same millisecond.
        """
        self._last = max(self.now(), self._last + 1)
        session = str(event["content"]["session_id"])
        named = (EventID(event["event_id"]), RoomID(event["room_id"]), session)
        return Unread(*named, UserID(event["sender"]), json.dumps(event), self._last, "")


def _parts(content: Mapping[str, Any]) -> tuple[str, str]:
    name, text = content.get("session_id"), content.get("ciphertext")
    if content.get("algorithm") != MEGOLM:
        raise Refusal(Why.UNKNOWN)
    if not isinstance(name, str) or not isinstance(text, str) or not storable(name) or not name:
        raise Refusal(Why.FORGED)
    return name, text


def _decrypted(session: InboundGroupSession, text: str) -> tuple[Mapping[str, Any], int]:
    try:
        message = MegolmMessage.from_base64(text)
        if message.message_index() < session.first_known_index:
            raise Refusal(Why.TOO_EARLY)  # noqa: TRY301 (beside what else may be wrong with it)
        found = session.decrypt(message)
        payload = read_json(bytes(found.plaintext).decode())
    except Refusal:
        raise
    except (ValueError, RecursionError) as error:
        raise Refusal(Why.FORGED) from error
    if not isinstance(payload, dict):
        raise Refusal(Why.FORGED)
    return payload, found.message_index


def _plain(event: Mapping[str, Any], payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event that was encrypted; raises `Refusal` for what must not be."""
    content, kind = payload.get("content"), payload.get("type")
    if payload.get("room_id") != event["room_id"] or not isinstance(content, dict):
        raise Refusal(Why.FORGED)
    if not isinstance(kind, str) or not storable(kind):
        raise Refusal(Why.FORGED)
    if kind.startswith("m.room.") and kind not in _INNER:
        raise Refusal(Why.FORGED)
    outside = {name: event["content"][name] for name in OUTSIDE if name in event["content"]}
    return {**event, "type": kind, "content": {**outside, **content}}


def _given_up(event: Mapping[str, Any]) -> Why | None:
    unsigned = event.get("unsigned")
    given_up = unsigned.get(GIVEN_UP) if isinstance(unsigned, dict) else None
    return Why(given_up) if given_up in set(Why) else None


def _unreadable(event: Mapping[str, Any], why: Why) -> Mapping[str, Any]:
    """It goes on without its ciphertext, which is of no use to anybody."""
    content = {name: event["content"][name] for name in OUTSIDE if name in event["content"]}
    return {**event, "content": {**content, WHY: why.value}}
