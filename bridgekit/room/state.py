"""Sets state in the rooms of portals: only what has changed since, and never in a loop.

A homeserver that refuses it is believed: the log says so once per room and kind, a counter each
time, and the room is bridged all the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Direction, Portal
from bridgekit.reasons import WORDS, Reason
from bridgekit.status import Status
from bridgekit.store.stated import StatedRows, forget_stated, save_stated
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000


class RoomState:
    """What the bridge says about its rooms."""

    def __init__(
        self,
        rows: StatedRows,
        writer: Writer,
        intents: Intents,
        status: Status,
        ghost: Callable[[Portal], UserID | None],
    ) -> None:
        """`ghost` is whom a chat is with that its person opened: it may do there what the bot may
        not.
        """
        self._rows, self._writer, self._ghost = rows, writer, ghost
        self._intents, self._status = intents, status
        self._set: LRU[tuple[int, str], str] = LRU(KEPT)
        self._refused: LRU[RoomID, dict[str, str]] = LRU(KEPT)

    async def put(
        self, portal: Portal, kind: str, content: Mapping[str, Any], key: str = ""
    ) -> bool:
        """The room of a bound portal says so on return; False if it may not. `RetryLater`."""
        room = _room(portal)

        async def put() -> None:
            try:
                await self._intents.set_state(room, kind, content, key)
            except Refused:
                if (ghost := self._ghost(portal)) is None:
                    raise
                await self._intents.set_state(room, kind, content, key, ghost)

        return await self.once(portal, f"{kind} {key}".strip(), content, put)

    async def once(
        self,
        portal: Portal,
        name: str,
        content: object,
        act: Callable[[], Awaitable[None]],
        fix: str = WORDS[Reason.NO_POWER].next_step,
    ) -> bool:
        """Call `act` unless it was called for this content already.

        False if it is refused: the log says so, and that `fix` helps.
        """
        room = _room(portal)
        digest = _digest(room, content)
        if await self.known(portal, name) == digest:
            return True
        if (self._refused.get(room) or {}).get(name) == digest:
            return False
        try:
            await act()
        except Refused as refused:
            self._refuse(portal, name, digest, refused, fix)
            return False
        # After the homeserver has it: a crash in between sets the same again, which adds no event.
        await self._writer.write(save_stated(portal.id, name, digest))
        self._set.put((portal.id, name), digest)
        (self._refused.get(room) or {}).pop(name, None)
        return True

    async def note(self, portal: Portal, name: str, content: object) -> None:
        """Keep something about a chat, whatever room it has, that nobody else is told."""
        await self._writer.write(save_stated(portal.id, name, _digest(None, content)))
        self._set.put((portal.id, name), _digest(None, content))

    async def noted(self, portal: Portal, name: str, content: object) -> bool:
        """Whether that is what was kept last."""
        return await self.known(portal, name) == _digest(None, content)

    async def known(self, portal: Portal, name: str) -> str | None:
        """The digest of what was last set; None if nothing ever was."""
        known = self._set.get((portal.id, name))
        return known or await self._rows.digest(portal.id, name)

    async def take_back(self, portal: Portal, kind: str, key: str) -> None:
        """Leave nothing of it in the room, which may not have it at all any more."""
        if await self.put(portal, kind, {}, key):
            await self.overruled(portal, f"{kind} {key}")

    async def said(self, portal: Portal) -> list[tuple[str, str]]:
        """The kind and the key of all that was ever set for it."""
        split = (name.partition(" ") for name in await self._rows.kinds(portal.id))
        return [(kind, key) for kind, _, key in split]

    async def overruled(self, portal: Portal, name: str) -> None:
        """Somebody else has set this state: what we set is there no more."""
        if await self.known(portal, name) is not None:
            await self._writer.write(forget_stated(portal.id, name))
            self._set.forget((portal.id, name))

    def allowed(self, room: RoomID) -> bool:
        """What was refused in this room may be granted now; whether anything was."""
        refused = self._refused.get(room)
        self._refused.forget(room)
        return bool(refused)

    def _refuse(self, portal: Portal, name: str, digest: str, refused: Refused, fix: str) -> None:
        room = _room(portal)
        refusals = self._refused.get(room) or self._refused.put(room, {})
        said = name in refusals
        refusals[name] = digest
        self._status.count(portal.key.network, Direction.TO_MATRIX, Reason.NO_POWER)
        if not said:
            # In a room that a person opened for a direct chat the bot is to read: that is enough.
            say = log.info if portal.private and not portal.ours else log.warning
            say("state refused", room=room, kind=name, why=str(refused), fix=fix)


def _room(portal: Portal) -> RoomID:
    assert portal.room is not None  # noqa: S101 (only bound portals have state)
    return portal.room


def _digest(room: RoomID | None, content: object) -> str:
    """Of the room too: the portal's next room has none of it yet."""
    text = json.dumps([room, content], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
