"""What people may do in a room, where the homeserver lets them say more than they may do.

Spec: "m.room.power_levels"; in room version 12 creators stand above all levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.powers import CREATORS_RULE_FROM
from bridgekit.membership.ranks import level_in, number
from bridgekit.room.succession import replaced_at
from bridgekit.to_network.act import Scene

KEPT = 1_000
MODERATOR = 50  # what `notifications.room` and `redact` are where they are left out


@dataclass(frozen=True, slots=True)
class _Powers:
    levels: Mapping[str, Any]
    creators: frozenset[str]


class Rights:
    """Of a few rooms the levels are kept, until they change."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._kept: LRU[RoomID, _Powers] = LRU(KEPT)
        self._changes = 0

    async def may_call_everybody(self, scene: Scene) -> bool:
        """Whether the sender may notify the whole room."""
        powers = await self._of(scene)
        notifications = powers.levels.get("notifications")
        named = notifications.get("room") if isinstance(notifications, Mapping) else None
        return _has(powers, scene.sender, number(named, MODERATOR))

    async def may_moderate(self, scene: Scene) -> bool:
        """Whether the sender may take back what others say."""
        powers = await self._of(scene)
        return _has(powers, scene.sender, number(powers.levels.get("redact"), MODERATOR))

    async def is_replaced(self, scene: Scene) -> bool:
        """Whether the room had been upgraded, or closed, when this was done there."""
        at = await replaced_at(self._intents, scene.room, scene.reader)
        return at is not None and at <= int(scene.event.get("origin_server_ts", 0))

    def changed(self, room: RoomID) -> None:
        """The room has other levels now."""
        self._changes += 1
        self._kept.forget(room)

    async def _of(self, scene: Scene) -> _Powers:
        known = self._kept.get(scene.room)
        if known is not None:
            return known
        changes = self._changes
        try:
            levels = await self._intents.state(
                scene.room, "m.room.power_levels", as_user=scene.reader
            )
        except Refused:  # neither the bot nor the ghost is in the room: nobody has rights there
            return _Powers({}, frozenset())
        powers = _Powers(levels or {}, await self._creators(scene.room))
        if self._changes == changes:  # else it may have been this room's, and this is the past
            self._kept.put(scene.room, powers)
        return powers

    async def _creators(self, room: RoomID) -> frozenset[str]:
        with suppress(Refused):
            event = await self._intents.state_event(room, "m.room.create") or {}
            content = event.get("content", {})
            version = str(content.get("room_version", "1"))
            if version.isdecimal() and int(version) >= CREATORS_RULE_FROM:
                others = content.get("additional_creators", ())
                return frozenset(map(str, (event.get("sender"), *others)))
        return frozenset()


def _has(powers: _Powers, user: UserID, level: int) -> bool:
    return user in powers.creators or level_in(powers.levels, user) >= level
