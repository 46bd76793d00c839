"""What ghosts ask as their own devices (MSC4190, MSC4326)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bridgekit.ids import UserID
from bridgekit.matrix.api import HomeserverAPI, Refused
from bridgekit.matrix.devices import FILTER
from bridgekit.matrix.paths import path_of as _path

JSON = dict[str, Any]


class GhostDeviceCalls:
    """Each may raise `Refused`, or `RetryLater`."""

    def __init__(self, api: HomeserverAPI) -> None:
        self._api = api

    async def _as(
        self,
        ghost: UserID,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        **query: str,
    ) -> JSON:
        whole = {"user_id": ghost, **query}
        return await self._api.call(method, f"client/v3/{path}", content, whole)

    async def make(self, ghost: UserID, device: str, name: str) -> None:
        """It is there already: nothing happens."""
        await self._as(ghost, "PUT", f"devices/{_path(device)}", {"display_name": name})

    async def upload_signing(self, ghost: UserID, content: Mapping[str, Any]) -> None:
        """The keys that vouch for the ghost's devices (spec: "Cross-signing")."""
        await self._as(ghost, "POST", "keys/device_signing/upload", content)

    async def upload(self, ghost: UserID, device: str, content: Mapping[str, Any]) -> None:
        """Keys of the device."""
        await self._as(ghost, "POST", "keys/upload", content, device_id=device)

    async def devices(self, ghost: UserID) -> frozenset[str]:
        found = (await self._as(ghost, "GET", "devices")).get("devices")
        known = found if isinstance(found, list) else []
        return frozenset(str(one.get("device_id")) for one in known if isinstance(one, dict))

    async def remove(self, ghost: UserID, device: str) -> None:
        """With what was sent to it."""
        with suppress(Refused):  # it is gone, or stays: nobody is harmed
            await self._as(ghost, "DELETE", f"devices/{_path(device)}", {})

    async def mail(self, ghost: UserID, device: str, since: str) -> tuple[Sequence[Any], str]:
        """What was sent to it since then, as far as one answer goes, and where that ends.

        What was sent before `since` the homeserver keeps no longer.
        """
        query = {"filter": FILTER, "set_presence": "offline", "timeout": "0", "device_id": device}
        if since:
            query["since"] = since
        answer = await self._as(ghost, "GET", "sync", None, **query)
        mail = answer.get("to_device")
        events = mail.get("events") if isinstance(mail, dict) else None
        place = answer.get("next_batch")
        found = events if isinstance(events, list) else ()
        return found, place if isinstance(place, str) else since
