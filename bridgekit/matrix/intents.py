"""What the bridge does on Matrix, as the bot, a ghost or a puppet: one method per wish.

Each is safe to repeat. `as_user` None is the bot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bridgekit.ids import EventID, RoomAlias, RoomID, TransactionID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.accounts import APPSERVICE, KEPT, Account
from bridgekit.matrix.api import LIST, HomeserverAPI, Refused, made
from bridgekit.matrix.encrypted import Envelopes, read_with
from bridgekit.matrix.paths import path_of as _path
from bridgekit.matrix.paths import path_of_state as _state
from bridgekit.models import Millis

Content = Mapping[str, Any]


class Intents:
    """Bound to one homeserver and one application service."""

    def __init__(self, api: HomeserverAPI, bot: UserID) -> None:
        self._api, self.bot = api, bot
        self.accounts: LRU[UserID, Account] = LRU(KEPT)  # of people, lent: see `puppets/`
        self.envelopes: Envelopes | None = None  # where encrypted rooms are bridged

    async def _call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        as_user: UserID | None = None,
        **query: str,
    ) -> dict[str, Any]:
        account = None if as_user is None else self.accounts.get(as_user)
        if account is not None:
            return await account.call(method, path, content, query)
        identity = {"user_id": as_user or self.bot}
        return await self._api.call(method, f"client/v3/{path}", content, {**identity, **query})

    async def _find(
        self, path: str, *, as_user: UserID | None = None, **query: str
    ) -> dict[str, Any] | None:
        """What is there; None if nothing is."""
        try:
            return await self._call("GET", path, None, as_user=as_user, **query)
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 (HTTP's number)
                return None
            raise

    # Accounts

    async def register(self, localpart: str) -> None:
        """Make the account of a ghost, or of the bot; it exists already: nothing happens."""
        content = {"type": APPSERVICE, "username": localpart, "inhibit_login": True}
        try:
            await self._api.call("POST", "client/v3/register", content)
        except Refused as refused:
            if refused.code != "M_USER_IN_USE":
                raise

    async def set_name(self, user: UserID, name: str) -> None:
        content = {"displayname": name}
        await self._call("PUT", f"profile/{_path(user)}/displayname", content, as_user=user)

    async def set_avatar(self, user: UserID, mxc: str) -> None:
        """Show this picture in every room; "" for none."""
        path = f"profile/{_path(user)}/avatar_url"
        await self._call("PUT", path, {"avatar_url": mxc}, as_user=user)

    async def profile(self, user: UserID) -> dict[str, Any] | None:
        """A person's own profile, the same in all rooms; None if there is none."""
        return await self._find(f"profile/{_path(user)}")

    async def keep(self, kind: str, content: Mapping[str, Any]) -> None:
        """Keep something at the homeserver that only the bot can read."""
        await self._call("PUT", f"user/{_path(self.bot)}/account_data/{_path(kind)}", content)

    async def kept(self, kind: str) -> dict[str, Any] | None:
        """What was kept; None if nothing was."""
        return await self._find(f"user/{_path(self.bot)}/account_data/{_path(kind)}")

    # Rooms

    async def create_room(self, content: Mapping[str, Any]) -> RoomID:
        return RoomID(str((await self._call("POST", "createRoom", content))["room_id"]))

    async def resolve(self, alias: RoomAlias) -> RoomID | None:
        """The room of an alias; None if there is none."""
        answer = await self._find(f"directory/room/{_path(alias)}")
        return None if answer is None else RoomID(str(answer["room_id"]))

    async def add_alias(self, alias: RoomAlias, room: RoomID) -> None:
        """Give a room an alias; it has it already: nothing happens."""
        try:
            await self._call("PUT", f"directory/room/{_path(alias)}", {"room_id": room})
        except Refused as refused:
            if refused.status != 409 or await self.resolve(alias) != room:  # noqa: PLR2004 (HTTP's number)
                raise

    async def remove_alias(self, alias: RoomAlias) -> None:
        with suppress(Refused):  # it is gone already
            await self._call("DELETE", f"directory/room/{_path(alias)}")

    async def aliases(self, room: RoomID) -> Sequence[RoomAlias]:
        """The aliases that our homeserver has for a room."""
        answer = await self._find(f"rooms/{_path(room)}/aliases") or {}
        return [RoomAlias(str(alias)) for alias in answer.get("aliases", ())]

    async def state(
        self, room: RoomID, kind: str, key: str = "", as_user: UserID | None = None
    ) -> dict[str, Any] | None:
        """The content of a state event; None if there is none."""
        return await self._find(_state(room, kind, key), as_user=as_user)

    async def state_event(
        self, room: RoomID, kind: str, key: str = "", as_user: UserID | None = None
    ) -> dict[str, Any] | None:
        """A state event with its sender, whoever may read the history; None if there is none."""
        return await self._find(_state(room, kind, key), as_user=as_user, format="event")

    async def event(
        self, room: RoomID, event: EventID, as_user: UserID | None = None
    ) -> dict[str, Any] | None:
        """One event; None if there is none that this user may see."""
        found = await self._find(f"rooms/{_path(room)}/event/{_path(event)}", as_user=as_user)
        return await read_with(self.envelopes, found)

    async def whole_state(self, room: RoomID) -> list[dict[str, Any]]:
        """All state events of a room, which may be many."""
        path, bot = f"client/v3/rooms/{_path(room)}/state", {"user_id": self.bot}
        return list((await self._api.call("GET", path, None, bot, listed=True))[LIST])

    async def set_state(
        self, room: RoomID, kind: str, content: Content, key: str = "", user: UserID | None = None
    ) -> None:
        await self._call("PUT", _state(room, kind, key), content, as_user=user)

    async def list_publicly(self, room: RoomID, network: str | None, *, listed: bool) -> None:
        """List a room in the directory, or among those of one network; or no longer."""
        content = {"visibility": "public" if listed else "private"}
        path = f"room/{_path(room)}" if network is None else f"appservice/{_path(network, room)}"
        await self._call("PUT", f"directory/list/{path}", content)

    async def creation(self, room: RoomID) -> Mapping[str, Any] | None:
        """The event that made a room, with its sender; None if the room has none yet."""
        answer = await self._call("GET", f"rooms/{_path(room)}/messages", dir="f", limit="1")
        chunk = answer.get("chunk") or [{}]
        return chunk[0] if chunk[0].get("type") == "m.room.create" else None

    async def members(self, room: RoomID, as_user: UserID | None = None) -> dict[UserID, str]:
        """Who is joined to or invited into a room, and which of the two."""
        answer = await self._call("GET", f"rooms/{_path(room)}/members", as_user=as_user)
        found = {
            UserID(str(event["state_key"])): str(event["content"]["membership"])
            for event in answer["chunk"]
        }
        return {user: state for user, state in found.items() if state in ("join", "invite")}

    async def recent(
        self, room: RoomID, limit: int, as_user: UserID | None, senders: Sequence[UserID]
    ) -> Sequence[Mapping[str, Any]]:
        """The latest events of these senders (none: of all) in a room, newest first, so many."""
        path, wanted = f"rooms/{_path(room)}/messages", {"senders": senders} if senders else {}
        query = {"dir": "b", "limit": str(limit), "filter": json.dumps(wanted)}
        answer = await self._call("GET", path, None, as_user=as_user, **query)
        return list(answer.get("chunk", ()))

    # Membership

    async def join(self, user: UserID, room: RoomID | RoomAlias, via: str = "") -> RoomID:
        """Enter a room; `via` is a homeserver that is in it, where ours may not be."""
        # `via` since Matrix 1.12, the other name before it.
        query = {"via": via, "server_name": via} if via else {}
        answer = await self._call("POST", f"join/{_path(room)}", None, as_user=user, **query)
        return RoomID(str(answer["room_id"]))

    async def invite(
        self, room: RoomID, user: UserID, as_user: UserID | None = None, reason: str = ""
    ) -> None:
        await self._change("invite", room, user, reason, as_user)

    async def leave(self, user: UserID, room: RoomID, reason: str = "") -> None:
        """Leave, or refuse an invitation; not there: nothing happens."""
        content = {"reason": reason} if reason else {}
        try:
            await self._call("POST", f"rooms/{_path(room)}/leave", content, as_user=user)
        except Refused as refused:
            if refused.status not in (403, 404):
                raise

    async def kick(
        self, room: RoomID, user: UserID, reason: str = "", as_user: UserID | None = None
    ) -> None:
        await self._change("kick", room, user, reason, as_user)

    async def ban(
        self, room: RoomID, user: UserID, reason: str = "", as_user: UserID | None = None
    ) -> None:
        await self._change("ban", room, user, reason, as_user)

    async def unban(
        self, room: RoomID, user: UserID, reason: str = "", as_user: UserID | None = None
    ) -> None:
        """Take a ban back; not banned: nothing happens."""
        try:
            await self._change("unban", room, user, reason, as_user)
        except Refused as refused:
            if refused.code != "M_BAD_STATE":
                raise

    async def _change(
        self, what: str, room: RoomID, user: UserID, reason: str, as_user: UserID | None
    ) -> None:
        content = {"user_id": user, **({"reason": reason} if reason else {})}
        await self._call("POST", f"rooms/{_path(room)}/{what}", content, as_user=as_user)

    # Events

    async def send(
        self,
        user: UserID | None,
        room: RoomID,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,
        at: Millis | None = None,
    ) -> EventID:
        """Send an event; with the same `txn` it is sent once, however often this is called.

        `at` becomes its `origin_server_ts` (spec: timestamp massaging, `ts`).
        """
        plain, sealing = kind, self.envelopes
        if sealing is not None:
            kind, content = await sealing.sealed(room, kind, content, txn, user)
        query = {} if at is None else {"ts": str(at)}
        path = f"rooms/{_path(room)}/send/{_path(kind)}/{_path(txn)}"
        try:
            return made(await self._call("PUT", path, content, as_user=user, **query))
        except Refused:
            if sealing is not None and kind != plain:  # who says it instead seals it anew
                await sealing.unsent(room, txn)
            raise

    async def encrypts(self, room: RoomID | None) -> bool:
        """Whether what is said there is encrypted, as far as the bridge bridges such rooms."""
        sealing = self.envelopes
        return room is not None and sealing is not None and await sealing.encrypts(room)

    async def redact(
        self,
        user: UserID | None,
        room: RoomID,
        event: EventID,
        txn: TransactionID,
        reason: str = "",
    ) -> EventID:
        """Take an event back; with the same `txn` once, however often this is called."""
        answer = await self._call(
            "PUT",
            f"rooms/{_path(room)}/redact/{_path(event)}/{_path(txn)}",
            {"reason": reason} if reason else {},
            as_user=user,
        )
        return made(answer)

    async def receipt(self, user: UserID, room: RoomID, event: EventID) -> None:
        """Show that `user` has read everything up to `event`."""
        path = f"rooms/{_path(room)}/receipt/m.read/{_path(event)}"
        await self._call("POST", path, {}, as_user=user)

    async def typing(self, user: UserID, room: RoomID, *, active: bool, shown: float) -> None:
        """Show that `user` types, for at most `shown` seconds, or that they stopped."""
        content = {"typing": True, "timeout": int(shown * 1000)} if active else {"typing": False}
        path = f"rooms/{_path(room)}/typing/{_path(user)}"
        await self._call("PUT", path, content, as_user=user)
