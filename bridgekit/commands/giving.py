"""A command is given: what was said is read, whoever says it is checked, it is done and kept.

All three fronts come through here, so that none of them can leave a check out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.commands.audit import Audit
from bridgekit.commands.caller import Caller
from bridgekit.commands.command import (
    Answer,
    AnyCommand,
    Arguments,
    Asked,
    Preview,
    Progress,
    Where,
)
from bridgekit.commands.place import Place, Rooms
from bridgekit.commands.reading import read
from bridgekit.commands.refusals import Mistyped, NotPermitted, Unknown
from bridgekit.commands.table import Table
from bridgekit.commands.words import arguments_of, usage
from bridgekit.errors import BridgekitError
from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.models import Portal
from bridgekit.permissions.permissions import Decision, Permissions
from bridgekit.permissions.rights import Right
from bridgekit.room.portals import Portals

ABOUT_ROOMS = (Where.ROOM, Where.PORTAL)
_ROOM = "--room"
LISTED = "A policy list that this bridge obeys names you (moderation.lists)."


class Giving:
    """Raises `Rejected` (see `refusals.py`), `LoginError` or `RetryLater`, with a sentence."""

    def __init__(
        self,
        table: Table,
        permissions: Permissions,
        portals: Portals,
        rooms: Rooms,
        audit: Audit,
        barred: Callable[[UserID], bool],
    ) -> None:
        """`barred` tells whom a policy list names."""
        self.table, self._barred = table, barred
        self._permissions, self._portals = permissions, portals
        self._rooms, self._audit = rooms, audit

    async def typed(
        self, caller: Caller, words: Sequence[str], place: Place, progress: Progress
    ) -> Answer:
        """A command as words: its name and what follows it."""
        name, *rest = words or ("help",)
        portals = () if place.room is None else await self._portals.in_room(place.room)
        command = self.table.find(name, [portal.key.network for portal in portals])
        if command.where in ABOUT_ROOMS:
            room, rest = _room_named(rest)
            if room is not None:
                place = replace(place, room=room)
                await self.check_inside(caller, place)
        try:
            values = arguments_of(command.arguments, rest)
        except Mistyped as error:
            raise Mistyped(f"{error} Write: `{usage(command)}`", error.field) from error
        return await self.give(caller, command, values, place, progress)

    async def check_inside(self, caller: Caller, place: Place) -> None:
        """A room that is named, and not the one in which it is said: they must be in it."""
        if place.room is not None and not caller.operator:
            await self._rooms.check_member(caller.user, place.room)

    async def give(
        self,
        caller: Caller,
        command: AnyCommand,
        values: Mapping[str, Any],
        place: Place,
        progress: Progress,
    ) -> Answer:
        """`place.room` is one that they are in."""
        arguments = read(command, values)
        portals = await self._about(command, place)
        about = (place.room, portals, progress, place.event, place.alone)
        asked = Asked(caller, arguments, *about)
        if not command.route.changes:
            await self._check(asked, command, place)
            return await command.run(asked)
        earlier = await self._audit.earlier(place.event)
        if earlier is not None and earlier.outcome is not AuditOutcome.SHOWN:
            return _again(earlier)
        known_by = place.event or place.once
        key = await self._audit.begin(caller, command, arguments, place.room, known_by)
        return await self._kept(asked, command, place, key)

    async def _kept(
        self, asked: Asked[Arguments], command: AnyCommand, place: Place, key: str
    ) -> Answer:
        """Whatever becomes of it stands in the audit log; what is not known stays "begun"."""
        try:
            await self._check(asked, command, place)
            answer = await command.run(asked)
        except BridgekitError as error:
            refused = isinstance(error, NotPermitted)
            outcome = AuditOutcome.REFUSED if refused else AuditOutcome.FAILED
            await self._audit.end(key, outcome, asked.arguments, str(error))
            raise
        shown = isinstance(answer, Preview)
        outcome = AuditOutcome.SHOWN if shown else AuditOutcome.DONE
        await self._audit.end(key, outcome, asked.arguments)
        return answer

    async def _about(self, command: AnyCommand, place: Place) -> tuple[Portal, ...]:
        """The chats of the room that it is about; `Mistyped` where it needs one."""
        if command.where in ABOUT_ROOMS and place.room is None:
            raise Mistyped(f"Say it in the room that it is about, or name one: {_ROOM} ID.", "room")
        portals = () if place.room is None else await self._portals.in_room(place.room)
        if command.where is Where.PORTAL and not portals:
            raise Unknown("This room is not bridged.")
        return portals

    async def _check(self, asked: Asked[Arguments], command: AnyCommand, place: Place) -> None:
        """That they may; by their token, by the rules, and by the room. Raises `NotPermitted`."""
        caller = asked.caller
        if not caller.has(command.name, changes=command.route.changes):
            raise NotPermitted(f"This token is not for {command.name}; make one that is.")
        if command.where is Where.ALONE and not place.alone:
            raise Mistyped("Others would read it here: say it in a room with nobody but me.")
        if not caller.operator:
            if self._barred(caller.user):
                raise NotPermitted(LISTED, "moderation.lists")
            decision = self.decide(caller, command, asked.arguments, asked.portals)
            if not decision.allowed:
                raise NotPermitted(decision.sentence, decision.rule)
            if command.power is not None and asked.room is not None:
                await self._rooms.check_power(caller.user, asked.room, command.power)

    async def has_power(self, user: UserID, room: RoomID, kind: str) -> bool:
        """Whether a room lets them set state of this kind, as far as that can be seen."""
        try:
            await self._rooms.check_power(user, room, kind)
        except NotPermitted:
            return False
        except BridgekitError:  # it is said once they try
            pass
        return True

    def decide(
        self,
        caller: Caller,
        command: AnyCommand,
        arguments: Arguments | None,
        portals: Sequence[Portal],
    ) -> Decision:
        """What the rules say; of the network that it names, else of every one in the room.

        `arguments` None: whether there is any network for which they may give it.
        """
        user, name, right = caller.user, command.name, command.right
        named = command.network or getattr(arguments, "network", None)
        here = {portal.key.network for portal in portals} if command.where in ABOUT_ROOMS else ()
        networks: Sequence[NetworkName] = [named] if named else sorted(here)
        asked = [self._permissions.command(user, name, right, network) for network in networks]
        if asked:
            return next((one for one in asked if not one.allowed), asked[0])
        may_name = arguments is None and "network" in command.arguments.model_fields
        if may_name or right is not Right.ADMIN:  # the bridge as a whole is for its admins alone
            return self._permissions.somewhere(user, name, right)
        return self._permissions.command(user, name, right)


def _room_named(words: Sequence[str]) -> tuple[RoomID | None, list[str]]:
    """The room of `--room ID`, and the words without it. Raises `Mistyped`."""
    for at, word in enumerate(words):
        option, given, room = word.partition("=")
        if option != _ROOM:
            continue
        behind = at + 1 if given else at + 2
        room = room if given else "".join(words[at + 1 : behind])
        if not room:
            raise Mistyped(f"{_ROOM} needs the ID of a room.", "room")
        return RoomID(room), [*words[:at], *words[behind:]]
    return None, [*words]


def _again(earlier: Audited) -> Answer:
    """It is in the log already, so it must not be done again: the answer was lost, or the end."""
    if earlier.outcome is AuditOutcome.BEGUN:
        return Answer(
            text="The bridge stopped while it did this, so it may be done or not: "
            "look, and say it again if it is not."
        )
    return Answer(text=earlier.detail or "This is done.")
