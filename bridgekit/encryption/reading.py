"""Encrypted events, read with the keys that were given: what was said, or why it is refused.

A key is known by its session and by whose words it reads. Anybody can claim a session by its name,
which each event shows; who does so says nothing but words of their own with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from vodozemac import InboundGroupSession, MegolmMessage

from bridgekit.encryption.signed import MEGOLM, PLAIN
from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import OUTSIDE, Why
from bridgekit.matrix.reading import read_json, storable
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import EncryptionRows, Place, ReadingKey

log = structlog.get_logger()

PLACE = "reading key:"
KEPT = 2_000  # keys
_BY_US = UserID("")  # whose words a key of ours reads: everybody's who speaks by us
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
        self._live: LRU[tuple[str, UserID], _Live] = LRU(KEPT)
        self._came = 0  # how often keys have
        self.refused = 0

    def forget(self, keys: Iterable[tuple[str, UserID]]) -> None:
        """Other keys of these sessions, and of these people, have come."""
        self._came += 1
        for key in keys:
            self._live.forget(key)

    async def read(
        self, event: Mapping[str, Any], places: Mapping[Place, str]
    ) -> tuple[Mapping[str, Any], Place] | None:
        """What was said, and the place of the key that it was read with; None: there is no key.

        `places` are those that were read and are not stored yet. Raises `Refusal`.
        """
        name, text = _parts(event["content"])
        live = await self._key(name, UserID(event["sender"]))
        if live is None:
            return None
        if live.row.room != event["room_id"]:
            raise Refusal(Why.FORGED)
        payload, number = _decrypted(live.session, text)
        place = Place(name, live.row.sender, number)
        known = places.get(place) or await self._used(live, place)
        if known is not None and known != event["event_id"]:
            raise Refusal(Why.REPLAYED)
        return _plain(event, payload), place

    async def _key(self, name: str, sender: UserID) -> _Live | None:
        live = self._live.get((name, _BY_US)) or self._live.get((name, sender))
        if live is not None:
            return live
        came = self._came
        row = await self._rows.reading_key(name, sender)
        if row is None:
            return None
        try:
            session = InboundGroupSession.from_pickle(
                self._sealing.open(row.keys, PLACE + name), PLAIN
            )
        except (Unreadable, ValueError):
            log.warning("the key of an encrypted room was sealed with another key", room=row.room)
            raise Refusal(Why.NO_KEY) from None
        live = _Live(row, session, await self._rows.highest(name, row.sender))
        if came == self._came:  # else a better one may have come meanwhile
            self._live.put((name, _BY_US if row.ours else sender), live)
        return live

    async def _used(self, live: _Live, place: Place) -> str | None:
        """Which event was read with this place; most places are new, which needs no question."""
        if place.number > live.highest:
            live.highest = place.number
            return None
        return await self._rows.event_at(place)


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
