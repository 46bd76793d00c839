"""The accounts of people that are lent to the bridge: what it does as them goes by their tokens.

An operator lends those of a whole homeserver, as an application service of its own that sends no
transactions (`masquerades`); a person lends their own, by an access token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import (
    AnswerLost,
    HomeserverAPI,
    HomeserverDown,
    Refused,
    TokenUnknown,
)
from bridgekit.matrix.paths import path_of

KEPT = 10_000
APPSERVICE = "m.login.application_service"  # how accounts of ours are made
NOBODY = "M_USER_DEACTIVATED"
UNKNOWN = "M_UNKNOWN_TOKEN"
_DIRECT = "m.direct"
_MUTED = "dev.bridgekit.muted"


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """One person's. `lost` is told when its token is refused, `failed` when nothing answers.

    `masquerades`: an event that it sends bears the time that we say (spec: timestamp massaging).
    """

    user: UserID
    api: HomeserverAPI
    masquerades: bool
    lost: Callable[[Account], Awaitable[None]]
    failed: Callable[[Account], None]

    async def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """As `HomeserverAPI.call`, of which a token that is refused is no reason to wait."""
        asked = {"user_id": self.user, **(query or {})} if self.masquerades else query
        try:
            return await self.api.call(method, f"client/v3/{path}", content, asked)
        except TokenUnknown as error:
            await self.lost(self)
            why = "The homeserver does not accept the person's token any more"
            raise Refused(why, UNKNOWN, 401) from error
        except Refused as refused:
            if refused.code == NOBODY:
                await self.lost(self)
            raise
        except (HomeserverDown, AnswerLost):
            self.failed(self)
            raise

    async def whoami(self) -> UserID:
        """Whom the homeserver takes us for."""
        return UserID(str((await self.call("GET", "account/whoami")).get("user_id", "")))

    async def join(self, room: RoomID) -> None:
        await self.call("POST", f"join/{path_of(room)}", {})

    async def read(self, room: RoomID, event: EventID) -> None:
        """They have read everything up to `event`, in all their clients."""
        marks = {"m.fully_read": event, "m.read": event}
        await self.call("POST", f"rooms/{path_of(room)}/read_markers", marks)

    async def mark_direct(self, room: RoomID, other: UserID) -> None:
        """Show a room among their direct chats, with `other`; it is there already: no change."""
        path = f"user/{path_of(self.user)}/account_data/{_DIRECT}"
        chats = await self._found(path)
        rooms = chats.get(other)
        rooms = rooms if isinstance(rooms, list) else []
        if room not in rooms:
            await self.call("PUT", path, {**chats, other: [*rooms, room]})

    async def mute(self, room: RoomID, *, muted: bool) -> None:
        """Have nothing but mentions of a room notify, or all again if it was us who had it so.

        What they have set for the room themselves stays.
        """
        mark = f"user/{path_of(self.user)}/rooms/{path_of(room)}/account_data/{_MUTED}"
        rule = f"pushrules/global/room/{path_of(room)}"
        ours = (await self._found(mark)).get("state")
        if muted and ours != "done":
            if ours is None and await self._found(rule):
                return  # they have chosen themselves
            await self.call("PUT", mark, {"state": "begun"})  # first: a crash leaves it ours
            await self.call("PUT", rule, {"actions": []})
            await self.call("PUT", mark, {"state": "done"})
        elif not muted and ours is not None:
            if await self._found(rule):
                await self.call("DELETE", rule)
            await self.call("PUT", mark, {})

    async def _found(self, path: str) -> dict[str, Any]:
        """What is there; empty where nothing is."""
        try:
            return await self.call("GET", path)
        except Refused as refused:
            if refused.status != 404:  # noqa: PLR2004 (HTTP's number)
                raise
            return {}
