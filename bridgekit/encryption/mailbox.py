"""What is sent to our devices, read in order: keys of rooms, and that others have new devices.

By /sync and not by the transactions of the application service: a transaction that is repeated has
lost what was sent to devices, while /sync gives it until the next one says that it was stored.

The bot's is read all the time; that of a ghost when somebody may have told it what the bot does not
know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from vodozemac import ExportedSessionKey, InboundGroupSession, Session, SessionKey

from bridgekit.clock import Clock
from bridgekit.encryption.conversations import Conversations, Passed, Said, Wedged
from bridgekit.encryption.device import Device
from bridgekit.encryption.mail_trouble import MailTrouble
from bridgekit.encryption.peers import Peers
from bridgekit.encryption.reading import PLACE
from bridgekit.encryption.signed import MEGOLM, OLM, PLAIN
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import storable
from bridgekit.patience import patiently
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    ReadingKey,
    save_reading_key,
)
from bridgekit.store.sql import Rows
from bridgekit.store.unread_events import withheld
from bridgekit.store.writer import Writer

log = structlog.get_logger()

LONGEST = 10.0  # seconds between two tries: keys wait for it, and people for them
_ENCRYPTED = "m.room.encrypted"
_WITHHELD, _REQUEST = "m.room_key.withheld", "m.room_key_request"
_KEY, _FORWARDED = "m.room_key", "m.forwarded_room_key"
# What code raises over data that it did not expect. One message that is not refused would be read
# for ever: nothing behind it would.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(slots=True)
class _Batch:
    """What one answer has changed so far; stored in one commit with the place behind it. `to` is
    the bot, or the ghost to whose device it came.
    """

    to: str
    changes: list[Change] = field(default_factory=list)
    sessions: dict[str, list[Session]] = field(default_factory=dict)  # by peer, as they are now
    keys: dict[tuple[str, UserID], ReadingKey] = field(default_factory=dict)
    wedged: set[tuple[UserID, str]] = field(default_factory=set)


class Mailbox:
    """One for the device. `came` hears which keys have come: of which sessions, and whose."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        conversations: Conversations,
        peers: Peers,
        rows: EncryptionRows,
        writer: Writer,
        sealing: Sealing,
        clock: Clock,
        *,
        came: Callable[[Collection[tuple[str, UserID]]], None],
        moved: Callable[[Collection[UserID]], None],
        mend: Callable[[UserID, str], None],
        asked: Callable[[UserID, Mapping[str, Any]], None],
        refuses: Callable[[str, UserID, str], None],
    ) -> None:
        """`moved` is told that somebody has other devices, `mend` whose words we cannot read,
        `asked` who wants a key of ours, `refuses` who does not give us theirs, and why.
        """
        self._device, self._calls, self._conversations = device, calls, conversations
        self._peers, self._rows, self._writer = peers, rows, writer
        self._sealing, self._clock = sealing, clock
        self._came, self._moved, self._mend, self._asked = came, moved, mend, asked
        self._refuses = refuses
        self.trouble = MailTrouble(clock, calls.is_sender)
        self.behind = True
        """Whether more may have come than was read."""
        self.refused = 0
        """Messages to our devices that were none, forged or replayed."""

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            step = partial(self.trouble.heed, self._next)
            await patiently(step, self._clock, longest=LONGEST)

    async def _next(self) -> None:
        if self._device.doubted.is_set():
            if pause := self.trouble.pause():
                await self._clock.sleep(pause)
            await self._device.settle()
        self.behind |= self.trouble.lasts
        reading = self._calls.sync(self._device.row.since, wait=not self.behind)
        waiting = asyncio.ensure_future(reading)
        doubted = asyncio.ensure_future(self._device.doubted.wait())
        try:
            await asyncio.wait({waiting, doubted}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                return  # another device is to be made first
            answer = waiting.result()
        except Refused:
            if not await self._device.lost():
                raise
            self.trouble.robbed()
            return  # likewise
        finally:
            waiting.cancel()
            doubted.cancel()
            await asyncio.gather(waiting, doubted, return_exceptions=True)
        await self.take(answer)
        if _place_behind(answer) is None:  # else it would be read again at once, and for ever
            raise RetryLater("The homeserver names no place to read on from")

    async def take(self, answer: Mapping[str, Any]) -> None:
        """Store what one answer of /sync brings, and its place with it; then see to our keys."""
        batch, events = _Batch(self._device.user), _listed(answer.get("to_device"), "events")
        async with self._device.lock:
            for event in events:
                await self._read(event, batch)
            place = self._device.saved(since=_place_behind(answer))
            # The commit comes first: the next request tells the homeserver to forget them.
            await self._writer.write(Rows(*batch.changes, place))
        lists = answer.get("device_lists")
        others = [*_listed(lists, "changed"), *_listed(lists, "left")]
        if others:
            self._peers.changed(others)
            self._moved([UserID(user) for user in others if isinstance(user, str)])
        self._tell(batch)
        self.behind &= bool(events)
        await self._device.replenish(answer.get("device_one_time_keys_count"))

    async def take_of(self, ghost: UserID, events: Sequence[object]) -> None:
        """Store what came to the device of a ghost: the homeserver may forget it then."""
        batch = _Batch(ghost)
        async with self._device.lock:
            for event in events:
                await self._read(event, batch)
            if batch.changes:
                await self._writer.write(Rows(*batch.changes))
        self._tell(batch)

    def _tell(self, batch: _Batch) -> None:
        """It is stored."""
        if batch.changes:
            self._came(batch.keys)
        for user, peer in batch.wedged:
            self._mend(user, peer)

    async def _read(self, event: object, batch: _Batch) -> None:
        """Whatever it is, the ones behind it are read."""
        try:
            if not isinstance(event, dict) or not isinstance(event.get("content"), dict):
                raise ValueError("it is no event")  # noqa: TRY004 (refused as all are)
            user = UserID(str(event.get("sender")))
            if not storable(user):
                raise ValueError("nobody has sent it")
            if event.get("type") == _WITHHELD:
                self._note_withheld(event["content"], user, batch)
            elif event.get("type") == _REQUEST:
                self._asked(user, event["content"])
            elif event.get("type") == _ENCRYPTED and event["content"].get("algorithm") == OLM:
                await self._hear(event, user, batch)
        except _FAULTS as error:
            self.refused += 1
            log.warning("a message to the bridge's device was refused", why=type(error).__name__)

    async def _hear(self, event: Mapping[str, Any], user: UserID, batch: _Batch) -> None:
        try:
            said, changes, session = await self._conversations.hear(event, batch.to, batch.sessions)
        except Passed:
            if batch.to != self._device.user:
                return  # the bot's device has read what came since
            raise
        except Wedged:
            self.refused += 1
            batch.wedged.add((user, str(event["content"].get("sender_key"))))
            return
        batch.changes += changes
        others = batch.sessions.setdefault(said.peer, [])
        others[:] = [session, *(one for one in others if one is not session)]
        await self._obey(said, user, batch)

    async def _obey(self, said: Said, user: UserID, batch: _Batch) -> None:
        if not said.payload:
            raise ValueError("it was not meant for us")
        content = said.payload["content"]
        kind = said.payload["type"]
        if kind not in (_KEY, _FORWARDED) or content.get("algorithm") != MEGOLM:
            return
        if kind == _FORWARDED and content.get("sender_key") != said.peer:
            raise ValueError("a key of somebody else")
        key, session = _room_key(content, user, said.peer, exported=kind == _FORWARDED)
        named = (key.session, user)  # whoever else claims the session has a key beside it
        known = batch.keys.get(named) or await self._rows.reading_key(*named)
        if known is not None and not self._better(known, key, session):
            return
        sealed = self._sealing.seal(session.pickle(PLAIN), PLACE + key.session)
        kept = ReadingKey(key.session, key.room, key.sender, key.peer, sealed, ours=False)
        batch.keys[named] = kept
        batch.changes.append(save_reading_key(kept, millis(self._clock)))

    def _better(self, known: ReadingKey, new: ReadingKey, session: InboundGroupSession) -> bool:
        """Whether it reads more of the same; raises `ValueError` where it is another's."""
        if known.ours or (known.room, known.peer) != (new.room, new.peer):
            raise ValueError("the session is another room's, or another device's")
        try:
            pickle = self._sealing.open(known.keys, PLACE + known.session)
        except Unreadable:
            return True  # sealed with a key that is gone
        old = InboundGroupSession.from_pickle(pickle, PLAIN)
        return session.first_known_index < old.first_known_index

    def _note_withheld(self, content: Mapping[str, Any], user: UserID, batch: _Batch) -> None:
        session, code = content.get("session_id"), content.get("code")
        if session is None:
            return  # spec, `m.no_olm`: it is about all of them
        if not all(isinstance(one, str) and one and storable(one) for one in (session, code)):
            raise ValueError("it withholds nothing")
        if code in WITHHELD:
            self._refuses(str(session), user, str(code))  # of what is still to come
            batch.changes.append(withheld(str(session), user, str(code)))


WITHHELD = frozenset({"m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable"})


def _room_key(
    content: Mapping[str, Any], user: UserID, peer: str, *, exported: bool
) -> tuple[ReadingKey, InboundGroupSession]:
    """The key that somebody gives us; raises `ValueError` where it is not what it says."""
    room, name, key = content.get("room_id"), content.get("session_id"), content.get("session_key")
    if not all(isinstance(one, str) and one and storable(one) for one in (room, name, key)):
        raise ValueError("it names no room or session")
    if exported:
        session = InboundGroupSession.import_session(ExportedSessionKey(str(key)))
    else:
        session = InboundGroupSession(SessionKey(str(key)))
    if session.session_id != name:
        raise ValueError("it is the key of another session")
    return ReadingKey(str(name), RoomID(str(room)), user, peer, "", ours=False), session


def _place_behind(answer: Mapping[str, Any]) -> str | None:
    place = answer.get("next_batch")
    return place if isinstance(place, str) and storable(place) else None


def _listed(answer: object, name: str) -> list[Any]:
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, list) else []
