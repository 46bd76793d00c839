"""Rooms are made once, whatever crashes and whatever answer is lost (delivery rule 15).

A room is made under an alias that only its portal can have, which is taken away again when the
binding is committed. Meeting the alias again means: this room was made before we died.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import ChatInfo
from bridgekit.ids import PortalID, RoomAlias, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.person.naming import clean_name
from bridgekit.richtext.canonical import sound
from bridgekit.room.portals import Portals
from bridgekit.room.standing import CREATORS_RULE_FROM
from bridgekit.signing import Signer

log = structlog.get_logger()

MARK = "dev.bridgekit.portal"
PATIENCE = 60.0  # seconds that a homeserver may need to finish a room it has begun
LOOK_AGAIN = 5.0
KEPT = 1_000  # rooms whose makers are remembered
LONGEST_TOPIC = 4_000  # characters; with the rest of its event it stays far below 64 KiB
POWER = 100
RESTRICTED_FROM = 8  # room version
About = Callable[[Portal, str | None], Sequence[Mapping[str, Any]]]


class Rooms:
    """Makes the rooms of portals.

    `version` None is the homeserver's default; `about` is what a room says of itself from the
    start; `bound` is told of each that is ready.
    """

    def __init__(
        self,
        portals: Portals,
        intents: Intents,
        namespaces: Namespaces,
        signer: Signer,
        clock: Clock,
        version: str | None,
        about: About,
        bound: Callable[[PortalID], None],
    ) -> None:
        self._portals, self._intents = portals, intents
        self._namespaces, self._signer, self._clock = namespaces, signer, clock
        self._version, self._about, self._bound = version, about, bound
        self._making: KeyedLocks[PortalID] = KeyedLocks()
        self._half_built: dict[PortalID, float] = {}
        self._marks: LRU[RoomID, str] = LRU(KEPT)

    async def busy(self) -> bool:
        """Whether a room may be there that is not bound yet: an unknown one may be ours."""
        return bool(self._making) or bool(await self._portals.rows.creating())

    async def being_made_for(self, room: RoomID) -> Portal | None:
        """The chat for which we made this room, while it is not bound; None: it is not sure.

        May raise `RetryLater`.
        """
        creating = await self._portals.rows.creating()
        mark = await self._mark_of(room) if creating else None
        return next((one for one in creating if mark == self._signer.creation_mark(one.key)), None)

    async def _mark_of(self, room: RoomID) -> str:
        """What we wrote into its creation, which no one can change; "": it is not of our making."""
        known = self._marks.get(room)
        if known is not None:
            return known
        try:
            create = await self._intents.creation(room)
        except Refused:
            return ""
        if create is None:  # it may get one yet
            return ""
        ours = create.get("sender") == self._intents.bot
        mark = create.get("content", {}).get(MARK) if ours else None
        return self._marks.put(room, mark if isinstance(mark, str) else "")

    def held(self, portal: PortalID) -> AbstractAsyncContextManager[None]:
        """Nobody makes a room for it inside the block: another one may be tied to it there."""
        return self._making.hold(portal)

    async def ensure(
        self,
        portal: Portal,
        info: ChatInfo,
        people: Sequence[UserID],
        within: RoomID | None = None,
    ) -> Portal:
        """The portal with its room. `people` are invited and, in a private chat, nobody else.

        Whoever is in the room `within` may enter, and nobody else uninvited; where the version of
        rooms has no such rule, nobody uninvited may. Safe to repeat after any failure; raises
        `RetryLater` and `Refused`.
        """
        async with self._making.hold(portal.id):
            portal = await self._portals.creating(portal)
            if portal.state is PortalState.BOUND:
                return portal
            return await self._make(portal, info, people, within)

    async def _make(
        self, portal: Portal, info: ChatInfo, people: Sequence[UserID], within: RoomID | None
    ) -> Portal:
        digest = self._signer.room_alias(portal.key)
        alias = self._namespaces.private_alias(digest)
        content = self._content(portal, info, people, digest, within)
        try:
            room = await self._intents.create_room(content)
        except Refused as refused:
            if refused.code != "M_ROOM_IN_USE":
                raise
            found = await self._intents.resolve(alias)
            if found is None or not await self._adoptable(portal, found, people):
                await self._intents.remove_alias(alias)
                self._half_built.pop(portal.id, None)
                raise RetryLater("The room is made anew", after=0.1) from refused
            room = found
            await self._complete(room, content)
        other = info.other if portal.private else None
        bound = await self._portals.bind(portal, room, ours=True, other=other)
        self._half_built.pop(portal.id, None)
        await self._tidy(alias)
        self._bound(bound.id)
        return bound

    async def _tidy(self, alias: RoomAlias) -> None:
        try:
            await self._intents.remove_alias(alias)
        except RetryLater as error:  # opaque, and the room is bound: no message waits for this
            log.warning("the alias of a new room stays", alias=alias, why=str(error))

    def _content(
        self,
        portal: Portal,
        info: ChatInfo,
        people: Sequence[UserID],
        digest: str,
        within: RoomID | None = None,
    ) -> dict[str, Any]:
        restricts = _restricts(self._version)
        ruleless = within is not None and not restricts  # then whoever is invited
        within = within if restricts else None
        closed = portal.private or ruleless or bool(info.direct or info.by_invitation)
        content: dict[str, Any] = {
            "preset": "private_chat" if closed or within else "public_chat",
            "visibility": "private",  # found by alias, listed nowhere
            "room_alias_name": self._namespaces.private_alias_localpart(digest),
            "creation_content": {MARK: self._signer.creation_mark(portal.key)},
            "initial_state": [
                *_initial_state(private=closed and within is None),
                *_members_of(within),
                *self._about(portal, clean_name(info.name or "") or None),
            ],
            "invite": list(people),
            "is_direct": portal.private,
        }
        if self._version is not None:
            content["room_version"] = self._version
        if name := clean_name(info.name or ""):
            content["name"] = name
        if topic := sound(info.topic or "")[:LONGEST_TOPIC]:
            content["topic"] = topic
        return content

    async def _adoptable(self, portal: Portal, room: RoomID, people: Sequence[UserID]) -> bool:
        """Whether the room under our alias is the one that we made for this portal."""
        try:
            create = await self._intents.creation(room)
            members = await self._intents.members(room)
            levels = await self._intents.state(room, "m.room.power_levels")
        except Refused:
            return self._give_time(portal, room)
        if create is None:
            return self._give_time(portal, room)
        known = {self._intents.bot, *people}
        strangers = {
            user for user in members if user not in known and not self._namespaces.is_ours(user)
        }
        if self._is_ours(portal, create, levels) and not (portal.private and strangers):
            return True
        log.error(
            "the alias under which a room is made belongs to another room; it is taken away",
            room=room,
            portal=portal.id,
        )
        return False

    def _is_ours(
        self, portal: Portal, create: Mapping[str, Any], levels: Mapping[str, Any] | None
    ) -> bool:
        """Whether we made this room for this portal, and have its power still."""
        content = create.get("content", {})
        made = create.get("sender") == self._intents.bot
        marked = content.get(MARK) == self._signer.creation_mark(portal.key)
        powerful = (
            levels is None  # not there yet: then the creator has all power (spec: room versions)
            or _creators_rule(content)
            or levels.get("users", {}).get(self._intents.bot, 0) >= POWER
        )
        return made and marked and powerful

    def _give_time(self, portal: Portal, room: RoomID) -> bool:
        """The homeserver writes the alias before the state: a room without state may get it yet."""
        now = self._clock.monotonic()
        if now - self._half_built.setdefault(portal.id, now) < PATIENCE:
            raise RetryLater("The homeserver has not finished the room yet", after=LOOK_AGAIN)
        log.error(
            "the alias under which a room is made belongs to a room that we are not in, left half "
            "made by the homeserver or another's; it is taken away",
            room=room,
            portal=portal.id,
        )
        return False

    async def _complete(self, room: RoomID, content: Mapping[str, Any]) -> None:
        """What a crash of the homeserver in the middle of the creation left out."""
        public = content["preset"] == "public_chat"
        wanted: list[tuple[str, str, Mapping[str, Any]]] = [
            *(
                (state["type"], state["state_key"], state["content"])
                for state in content["initial_state"]
            ),
            ("m.room.join_rules", "", {"join_rule": "public" if public else "invite"}),
            *(
                (f"m.room.{key}", "", {key: content[key]})
                for key in ("name", "topic")
                if key in content
            ),
        ]
        for kind, key, state in wanted:
            if await self._intents.state(room, kind, key) is None:
                await self._intents.set_state(room, kind, state, key)
        members = await self._intents.members(room)
        for person in content["invite"]:
            if person not in members:
                await self._intents.invite(room, person)


def _initial_state(*, private: bool) -> list[dict[str, Any]]:
    visibility = {"history_visibility": "invited" if private else "shared"}
    return [
        # Without this the homeserver would show everybody the alias that is taken away.
        {"type": "m.room.canonical_alias", "state_key": "", "content": {}},
        {"type": "m.room.history_visibility", "state_key": "", "content": visibility},
    ]


def _members_of(room: RoomID | None) -> list[dict[str, Any]]:
    """Spec, "Restricted rooms": whoever is in that room may enter."""
    if room is None:
        return []
    allowed = {"type": "m.room_membership", "room_id": room}
    rule = {"join_rule": "restricted", "allow": [allowed]}
    return [{"type": "m.room.join_rules", "state_key": "", "content": rule}]


def _restricts(version: str | None) -> bool:
    """Whether rooms of this version, None the homeserver's own, can be restricted like that."""
    return version is None or not version.isdecimal() or int(version) >= RESTRICTED_FROM


def _creators_rule(content: Mapping[str, Any]) -> bool:
    version = str(content.get("room_version", "1"))
    return version.isdecimal() and int(version) >= CREATORS_RULE_FROM
