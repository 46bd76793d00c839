"""The reconciler of ranks: what people may do on the network, as power levels of their room.

A desired state, so that five hundred operators, or a storm of changes, are one state event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.facts import Rank
from bridgekit.ids import NetworkName, PortalID, RemoteUserID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.power_levels import KIND, Merged, Setter, SpeakWish, Wish, merged
from bridgekit.membership.ranks import EVERYBODY, Whose, level_in, number
from bridgekit.membership.reconciler import Reconciler
from bridgekit.membership.underway import Underway
from bridgekit.models import Direction, Portal
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.status import Status
from bridgekit.store.standings import Held, Standings, save_applied, save_setting
from bridgekit.store.writer import Writer

log = structlog.get_logger()

AT_ONCE = 1_000  # ranks in one event
SPACING = 1.0  # seconds between two of a room: each is state that every server keeps for ever
CREATORS_RULE_FROM = 12  # room versions in which creators stand above all power levels
KEPT = 10_000

_NOBODY = UserID("")


class Powers:
    """Of all rooms."""

    def __init__(
        self,
        standings: Standings,
        writer: Writer,
        intents: Intents,
        portals: Portals,
        status: Status,
        clock: Clock,
        whose: Whose,
        underway: Underway,
        ghost: Callable[[UserID], bool],
        bridged: Callable[[NetworkName], bool],
    ) -> None:
        self.standings, self.underway = standings, underway
        self._writer, self._intents = writer, intents
        self._portals, self._status, self._clock = portals, status, clock
        self._whose, self._ghost, self._bridged = whose, ghost, bridged
        self._set_at: LRU[RoomID, float] = LRU(KEPT)
        self._creators: LRU[RoomID, frozenset[UserID]] = LRU(KEPT)
        self._powerless: LRU[PortalID, bool] = LRU(KEPT)
        self._reconciler = Reconciler("powers", self._round, standings.drifted, clock)
        self.run, self.wake = self._reconciler.run, self._reconciler.wake

    @property
    def busy(self) -> bool:
        """Whether somebody may not have the power that they should have, as far as is known."""
        return self._reconciler.busy

    async def observed(self, room: RoomID) -> None:
        """Somebody changed the power levels of a room: the bot may have its power now."""
        for portal in await self._portals.in_room(room):
            if self._powerless.get(portal.id):
                self._powerless.forget(portal.id)
                self.wake(portal.id)

    async def take_back(self, portal: Portal) -> None:
        """Undo what was set for the network's sake, before the chat gives its room up.

        Safe to repeat; raises `RetryLater`. Without the power for it, it stays.
        """
        granted = await self.standings.granted(portal.id)
        if portal.room is None or not granted:
            return
        ordinary = [replace(one, rank=Rank.MEMBER) for one in granted if one.user != EVERYBODY]
        speaking = next((one for one in granted if one.user == EVERYBODY), None)
        news = speaking and replace(speaking, rank=Rank.MEMBER, applied=False)
        with suppress(Refused):
            if await self._set(portal, portal.room, ordinary, news) is None:
                return
            done = [replace(one, level=None, under=None) for one in granted]
            await self._writer.write(save_applied(portal.id, done))

    async def _round(self, portal_id: PortalID) -> None:
        """Bring one room after the ranks that changed; one event for as many as fit into one."""
        portal = await self._portals.get(portal_id)
        if portal.room is None or not self._bridged(portal.key.network):
            return
        pause = (self._set_at.get(portal.room) or -SPACING) + SPACING - self._clock.monotonic()
        changed = await self.standings.changed(portal_id, AT_ONCE)
        everybody = await self.standings.everybody(portal_id)
        if not changed and (everybody is None or everybody.applied):
            return
        if pause > 0:
            self._reconciler.wake_later(portal_id, pause)
            return
        try:
            await self._apply(portal, portal.room, changed, everybody)
        except Refused as refused:
            self._lacks_power(portal, str(refused))
            return
        if len(changed) == AT_ONCE:
            self.wake(portal_id)

    async def _apply(
        self, portal: Portal, room: RoomID, changed: Sequence[Held], everybody: Held | None
    ) -> None:
        held = await self._set(portal, room, changed, everybody)
        if held is None:
            self._lacks_power(portal, "")
            return
        self._powerless.forget(portal.id)
        await self._writer.write(save_applied(portal.id, held))

    async def _set(
        self, portal: Portal, room: RoomID, changed: Sequence[Held], everybody: Held | None
    ) -> list[Held] | None:
        """Bring it to the room; what is held of it then. None: the bot may not."""
        who = {
            one.user: await self._whose(portal.key.network, one.user) or _NOBODY for one in changed
        }
        levels = await self._intents.state(room, KIND) or {}
        setter = Setter(self._intents.bot, await self._created_by(room))
        if not setter.may(levels):
            return None
        wishes = [
            Wish(user, one.rank, _ours(one, level_in(levels, user)), one.under)
            for one in changed
            if (user := who[one.user]) != _NOBODY
        ]
        new = merged(levels, setter, wishes, _speaking(everybody, levels), self._ghost)
        held = _held(new, changed, who, everybody)
        if new.content != levels:
            await self._writer.write(save_setting(portal.id, held))
            await self._intents.set_state(room, KIND, new.content)
            self._set_at.put(room, self._clock.monotonic())
        if new.left_out:
            log.warning("ranks left out: too many", room=room, of=new.left_out)
        return held

    async def _created_by(self, room: RoomID) -> frozenset[UserID]:
        """Who stands above all in this room; nobody in a room of an older version."""
        known = self._creators.get(room)
        if known is not None:
            return known
        event = await self._intents.state_event(room, "m.room.create") or {}
        content = event.get("content", {})
        version = str(content.get("room_version", "1"))
        found: frozenset[UserID] = frozenset()
        if version.isdecimal() and int(version) >= CREATORS_RULE_FROM:
            others = content.get("additional_creators", ())
            found = frozenset(map(UserID, map(str, (event.get("sender"), *others))))
        return self._creators.put(room, found)

    def _lacks_power(self, portal: Portal, why: str) -> None:
        """Said once for each room; tried again when a rank or the room's levels change."""
        if self._powerless.get(portal.id):
            return
        self._powerless.put(portal.id, True)
        self._status.count(portal.key.network, Direction.TO_MATRIX, Reason.NO_POWER)
        log.warning(
            "no power over power levels: the network's ranks are not shown",
            room=portal.room,
            why=why,
            fix=f"give {self._intents.bot} a power level of 100",
        )


def _held(
    new: Merged, changed: Sequence[Held], who: Mapping[RemoteUserID, UserID], everybody: Held | None
) -> list[Held]:
    """What stands in the room now, of those who changed."""
    held = [
        replace(one, level=new.ours.get(who[one.user]), under=new.under.get(who[one.user]))
        for one in changed
    ]
    if everybody is not None and not everybody.applied:
        held.append(replace(everybody, level=new.speaking, under=new.speaking_under))
    return held


def _speaking(everybody: Held | None, levels: Mapping[str, Any]) -> SpeakWish:
    if everybody is None:
        return SpeakWish()
    ours = _ours(everybody, number(levels.get("events_default"), 0))
    return SpeakWish(everybody.rank, ours, not everybody.applied, everybody.under)


def _ours(held: Held, current: int) -> int | None:
    """The level that we last set, also if the bridge died before it knew that."""
    return current if held.setting == current else held.level
