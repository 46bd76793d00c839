"""What waits for its key: taken in again when that comes, told to its sender when it does not.

Nothing waits with it but what is said behind it with the same key. That the key has come and that
the event is taken in again are one commit; so is that it is given up. Needs no library.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from bridgekit.clock import Clock
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.encrypted import GIVEN_UP, LATE, SENTENCES, Why
from bridgekit.models import Millis
from bridgekit.patience import patiently
from bridgekit.store.intake import AcceptTransaction
from bridgekit.store.sql import Rows
from bridgekit.store.unread_events import (
    SETTLED,
    TakeAgain,
    Unread,
    UnreadEvents,
    forget_unread,
    settled,
    told,
)
from bridgekit.store.writer import Writer

log = structlog.get_logger()

GRACE = 3_000  # milliseconds in which most keys that are late come, and nobody is told
TICK = 1.0  # seconds; only while anything waits
KEPT = 1_000  # keys that were spoken of
NOTICE = (
    "⏳ I cannot read this message yet, as its key has not come. I have asked your client for it, "
    "and bridge the message when the key comes. If that takes too long, say it again."
)
CUT_OFF = (
    "⏳ I cannot read this message yet, as I cannot fetch its key from the homeserver at the "
    "moment. I bridge it when I can: you need not say it again."
)
CAME = "⏳ The key of this message has come: it is on its way."
_HELD_BACK = "⏳ I cannot read this message yet. "
_LATE, _GIVEN_UP = "late", "given up"  # what transactions are called by


class Intake(Protocol):
    """The inbox."""

    async def again(self, storing: Awaitable[int | None], txn: str, body: str) -> object:
        """What `storing` makes a transaction is split after those that came before."""


class Notices(Protocol):
    """Words of the bridge in rooms: in answer to an event, or in place of its `notice`."""

    async def __call__(self, one: Unread, text: str, *, doubtful: bool) -> EventID | None: ...


class Asking(Protocol):
    """Who asks for keys."""

    async def ask(self, one: Unread) -> None:
        """For the key of this, now or as soon as that can be."""

    async def repeat(self) -> None:
        """For what could not be asked for."""


class Fetching(Protocol):
    """Who reads what was sent to us."""

    @property
    def cut_off(self) -> bool:
        """Whether keys cannot come at the moment."""

    async def fetch(self) -> bool:
        """Look for keys. Whether all that came was read: else nothing must be given up."""

    async def complete(self, one: Unread) -> bool:
        """Whether no better key can be there than the one that came for this."""


class Waiting:
    """One for the bridge. `bridged` says whether anybody expects the bridge to read a room.

    Without `keys` encrypted rooms are read no more: what still waits from before is given up.
    """

    def __init__(
        self,
        rows: UnreadEvents,
        writer: Writer,
        keys: tuple[Asking, Fetching] | None,
        intake: Callable[[], Intake],
        notice: Notices,
        take_back: Callable[[RoomID, EventID], Awaitable[None]],
        bridged: Callable[[RoomID], Awaitable[bool]],
        clock: Clock,
        longest: float,
    ) -> None:
        self._rows, self._writer, self._keys = rows, writer, keys
        self._intake, self._notice, self._take_back = intake, notice, take_back
        self._bridged, self._clock, self._longest = bridged, clock, int(longest * 1000)
        self._told: LRU[tuple[str, UserID], bool] = LRU(KEPT)
        self._changed = asyncio.Event()
        self._doubtful = True  # an earlier process may have said it already

    def changed(self) -> None:
        """A key may have come, or something waits now."""
        self._changed.set()

    async def waiting(self) -> int:
        """How many wait now."""
        return await self._rows.waiting()

    async def run(self) -> None:
        """See to what waits, until cancelled."""
        while True:
            self._changed.clear()
            left = await patiently(self._look, self._clock)
            if left:
                with suppress(TimeoutError):
                    async with self._clock.timeout(TICK):
                        await self._changed.wait()
            else:
                await self._changed.wait()

    async def _look(self) -> bool:
        """Whether anything is left that waits, or whose notice does."""
        now = millis(self._clock)
        if self._keys is None:
            while some := await self._rows.old(now):
                for one in some:
                    await self._again(one, Why.OFF)
        else:
            await self._see_to(now, *self._keys)
        over = await self._rows.over()
        ended = [await self._settle(one) for one in over]
        self._doubtful = False
        return not all(ended) or bool(await self._rows.waiting())

    async def _see_to(self, now: Millis, asking: Asking, fetching: Fetching) -> None:
        """What waits, in the order in which it was said."""
        all_read = await fetching.fetch()
        all_read &= await self._take_again(fetching)
        for one in await self._rows.old(now - self._longest) if all_read else ():
            await self._again(one, _why(one))
        for one in await self._rows.untold(now - GRACE):
            await self._tell(one, asking, cut_off=fetching.cut_off)
        await asking.repeat()

    async def _take_again(self, fetching: Fetching) -> bool:
        """What a key has come for. Whether that is all."""
        left: set[RoomID] = set()
        while not left and (some := await self._rows.readable()):
            for one in some:
                # A key that comes from elsewhere by now may read only what is said behind it.
                if one.room in left or not await fetching.complete(one):
                    left.add(one.room)
                else:
                    await self._again(one, None)
        return not left

    async def _settle(self, one: Unread) -> bool:
        """The notice says that the key has come, and goes once the message went through.

        Whether that is so.
        """
        digests = [_digest(name, one) for name in (_LATE, _GIVEN_UP)]
        if await self._rows.under_way(one.event, digests):
            if one.notice and one.told != SETTLED:
                await self._notice(one, CAME, doubtful=self._doubtful)
                await self._writer.write(Rows(settled(one)))
            return False
        if one.notice:
            with suppress(Refused):  # taken back by somebody else, or not ours to take back
                await self._take_back(one.room, EventID(one.notice))
        await self._writer.write(Rows(forget_unread(one.event)))
        return True

    async def _again(self, one: Unread, given_up: Why | None) -> None:
        event = json.loads(one.body)
        if given_up is not None:
            log.warning("an encrypted event was given up", room=one.room, event_id=one.event)
            event["unsigned"] = {GIVEN_UP: given_up.value}
        elif one.told:  # its sender knows that others have overtaken it; so shall its readers
            event["unsigned"] = {LATE: True}
        body = json.dumps({"events": [event]})
        name = _LATE if given_up is None else _GIVEN_UP
        txn, digest = f"{name} {one.event}", _digest(name, one)
        accept = AcceptTransaction(txn, digest, body, millis(self._clock))
        again = TakeAgain(one.event, accept, given_up is not None)
        await self._intake().again(self._writer.write(again), txn, body)

    async def _tell(self, one: Unread, asking: Asking, *, cut_off: bool) -> None:
        """Ask for the key, and say that it waits: once for all that wait for the same key."""
        event: EventID | None = None
        if (one.session, one.sender) not in self._told:
            await asking.ask(one)
            if await self._bridged(one.room):
                text = CUT_OFF if cut_off else NOTICE
                if one.why:
                    text = _HELD_BACK + SENTENCES[Why.WITHHELD]
                event = await self._notice(one, text, doubtful=self._doubtful)
            self._told.put((one.session, one.sender), value=True)
        await self._writer.write(Rows(told(one.event, event or "")))


def _digest(name: str, one: Unread) -> str:
    """Of the transaction as which it is taken in again."""
    said = ["late", f"{name} {one.event}", one.at]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _why(one: Unread) -> Why:
    return Why.WITHHELD if one.why else Why.NO_KEY
