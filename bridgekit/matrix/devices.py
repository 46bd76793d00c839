"""What the bot asks as one of its devices: whose keys are which, and what was sent to it.

Client-server API, "End-to-end encryption"; MSC4190, by which an application service makes devices,
and MSC4326, by which it acts as one of them. Where a homeserver has not got these, the bot logs in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.accounts import APPSERVICE
from bridgekit.matrix.api import HomeserverAPI, Refused, TokenUnknown
from bridgekit.matrix.paths import path_of as _path
from bridgekit.matrix.paths import path_of_state as _state

JSON = dict[str, Any]

LONG_POLL = 25.0  # seconds for which a /sync waits for something to come
_QUERY = 10_000  # milliseconds that other homeservers have for their answers
_NOTHING = {"types": [], "limit": 1}
# Rooms reach us by transactions.
FILTER = json.dumps({"room": {"rooms": []}, "presence": _NOTHING, "account_data": _NOTHING})
_NO_DEVICE = "M_UNKNOWN_DEVICE"  # to whoever acts as a device that there is not (MSC4326)
_JOINED = "joined"  # a history visibility: whoever is only invited reads nothing


class DeviceCalls:
    """Bound to the bot; `device` is which of its devices speaks, `token` that of its login."""

    def __init__(self, api: HomeserverAPI, bot: UserID, sync_api: HomeserverAPI) -> None:
        """`sync_api` is for what waits: nothing else should stand behind it."""
        self._api, self._sync_api, self.bot = api, sync_api, bot
        self.device = self.token = ""
        self._own: HomeserverAPI | None = None

    def speak(self, device: str, token: str) -> None:
        """As this device from now on; `token` is "" where it was made by us."""
        self.device, self.token = device, token
        self._own = HomeserverAPI(self._api.url, token, self._api.session) if token else None

    async def _call(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, **query: str
    ) -> JSON:
        try:
            return await self._as_device(self._api, method, path, content, query)
        except Refused as refused:
            if refused.code != _NO_DEVICE:
                raise
            # Whoever reads its mail finds that out, too, and has another one made.
            raise RetryLater("The homeserver does not know the bridge's device") from refused

    async def _as_device(
        self,
        api: HomeserverAPI,
        method: str,
        path: str,
        content: Mapping[str, Any] | None,
        query: Mapping[str, str],
    ) -> JSON:
        if self._own is None:
            identity = {"user_id": self.bot, "device_id": self.device}
            return await api.call(method, f"client/v3/{path}", content, {**identity, **query})
        try:
            return await self._own.call(method, f"client/v3/{path}", content, query)
        except TokenUnknown as error:  # it goes with its device
            raise Refused(str(error), _NO_DEVICE, 401) from error

    async def _as_bot(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, **query: str
    ) -> JSON:
        identity = {"user_id": self.bot}
        return await self._api.call(method, f"client/v3/{path}", content, {**identity, **query})

    # Our own device

    async def is_sender(self) -> bool:
        """Whether the bot is the registration's sender, as whom Synapse answers no /sync."""
        try:
            answer = await self._api.call("GET", "client/v3/account/whoami")
        except Refused:  # homeservers of Conduit's family have no account for another sender
            return False
        return answer.get("user_id") == self.bot

    async def devices(self) -> frozenset[str]:
        """The bot's."""
        found = (await self._as_bot("GET", "devices")).get("devices")
        known = found if isinstance(found, list) else []
        return frozenset(str(one.get("device_id")) for one in known if isinstance(one, dict))

    async def make(self, device: str, name: str) -> str:
        """Make a device of the bot; it is there already: nothing happens. Raises `Refused`.

        The token of its login; "": it needs none.
        """
        try:
            await self._as_bot("PUT", f"devices/{_path(device)}", {"display_name": name})
        except Refused as refused:
            try:
                return await self._log_in(device, name)
            except Refused as also:
                said = f"{refused}; and to a login: {also}"
                raise Refused(said, refused.code, refused.status) from also
        return ""

    async def _log_in(self, device: str, name: str) -> str:
        """Spec: application service API, "Server admin style permissions"; `POST /login`."""
        user = {"type": "m.id.user", "user": self.bot}
        content = {"type": APPSERVICE, "identifier": user, "device_id": device}
        content["initial_device_display_name"] = name
        answer = await self._api.call("POST", "client/v3/login", content)
        token = answer.get("access_token")
        if not isinstance(token, str) or answer.get("device_id") != device:
            raise Refused("The homeserver gives no token for that device", "M_UNKNOWN", 400)
        return token

    async def needs_no_login(self) -> bool:
        """Whether by now the homeserver lets us make devices and act as ours without its token."""
        try:
            await self._api.call("POST", "client/v3/login", {"type": APPSERVICE})
        except Refused as refused:  # in any case, as it names nobody
            if refused.code != "M_APPSERVICE_LOGIN_UNSUPPORTED":
                return False
        identity = {"user_id": self.bot, "device_id": self.device}
        try:
            answer = await self._api.call("GET", "client/v3/account/whoami", None, identity)
        except Refused:
            return False
        return answer.get("device_id") == self.device

    async def log_out(self) -> None:
        """End the login of our device, if there is one, and the device with it."""
        if self._own is not None:
            with suppress(Refused, RetryLater):  # as for `remove`
                await self._own.call("POST", "client/v3/logout", {})

    async def remove(self, device: str) -> None:
        with suppress(Refused):  # it is gone, or stays: nobody is harmed
            await self._as_bot("DELETE", f"devices/{_path(device)}", {})

    async def upload(self, content: Mapping[str, Any]) -> None:
        await self._call("POST", "keys/upload", content)

    async def upload_signing(self, content: Mapping[str, Any]) -> None:
        """The keys by which the bot vouches for its devices (spec: "Cross-signing")."""
        await self._as_bot("POST", "keys/device_signing/upload", content)

    async def upload_signatures(self, content: Mapping[str, Any]) -> None:
        """Of devices, by user and ID. Raises `Refused` where one of them is not taken."""
        answer = await self._as_bot("POST", "keys/signatures/upload", content)
        if answer.get("failures"):
            raise Refused("The homeserver does not take the signature", "M_UNKNOWN", 400)

    async def keep(self, kind: str, content: Mapping[str, Any]) -> None:
        """Keep something that only the bot can read."""
        await self._as_bot("PUT", f"user/{_path(self.bot)}/account_data/{_path(kind)}", content)

    async def kept(self, kind: str) -> JSON | None:
        """What was kept; None if nothing was."""
        return await self._found(f"user/{_path(self.bot)}/account_data/{_path(kind)}")

    async def sync(self, since: str, *, wait: bool) -> JSON:
        """What was sent to our device since then, and whose devices have changed; or is, if we
        `wait` for it.
        """
        timeout = int(LONG_POLL * 1000) if since and wait else 0
        query = {"filter": FILTER, "set_presence": "offline", "timeout": str(timeout)}
        if since:
            query["since"] = since
        return await self._as_device(self._sync_api, "GET", "sync", None, query)

    # Those of others

    async def query(self, users: Sequence[UserID]) -> JSON:
        """The keys of all their devices."""
        asked = {user: list[str]() for user in users}
        return await self._call("POST", "keys/query", {"device_keys": asked, "timeout": _QUERY})

    async def claim(self, wanted: Mapping[UserID, Sequence[str]]) -> JSON:
        """A one-time key of each of these devices."""
        asked = {
            user: dict.fromkeys(devices, "signed_curve25519") for user, devices in wanted.items()
        }
        return await self._call("POST", "keys/claim", {"one_time_keys": asked, "timeout": _QUERY})

    async def send(self, kind: str, messages: Mapping[str, Any], txn: str, ghost: str = "") -> None:
        """Something to each of these devices: user to device to content; in a ghost's name."""
        path, content = f"sendToDevice/{_path(kind)}/{_path(txn)}", {"messages": messages}
        if ghost:
            await self._api.call("PUT", f"client/v3/{path}", content, {"user_id": ghost})
        else:
            await self._call("PUT", path, content)

    # Rooms

    async def enter(self, room: RoomID, host: UserID) -> None:
        """Have the bot in a room where `host` is, a ghost: its device reads there."""
        path = f"client/v3/rooms/{_path(room)}/invite"
        with suppress(Refused):  # somebody else has invited it, or else it cannot join either
            await self._api.call("POST", path, {"user_id": self.bot}, {"user_id": host})
        await self._as_bot("POST", f"join/{_path(room)}", {})

    async def encryption(self, room: RoomID) -> JSON | None:
        """The settings of an encrypted room; None if it is not."""
        return await self._found(_state(room, "m.room.encryption", ""))

    async def readers(self, room: RoomID) -> frozenset[UserID]:
        """Whoever may read what is said now: members and, mostly, who is invited."""
        visibility = await self._found(_state(room, "m.room.history_visibility", "")) or {}
        answer = await self._as_bot("GET", f"rooms/{_path(room)}/members")
        reading = {"join"}
        if visibility.get("history_visibility") != _JOINED:
            reading.add("invite")
        found = answer.get("chunk")
        return frozenset(
            UserID(event["state_key"])
            for event in (found if isinstance(found, list) else ())
            if isinstance(event, dict)
            and isinstance(event.get("state_key"), str)
            and isinstance(event.get("content"), dict)
            and event["content"].get("membership") in reading
        )

    async def latest(self, room: RoomID, limit: int) -> Sequence[Mapping[str, Any]]:
        """The last encrypted events of a room."""
        only = json.dumps({"types": ["m.room.encrypted"]})
        path = f"rooms/{_path(room)}/messages"
        answer = await self._as_bot("GET", path, dir="b", limit=str(limit), filter=only)
        found = answer.get("chunk")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def _found(self, path: str) -> JSON | None:
        try:
            return await self._as_bot("GET", path)
        except Refused as refused:
            if refused.status != 404:  # noqa: PLR2004 (HTTP's number)
                raise
            return None
