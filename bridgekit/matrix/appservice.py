"""What the homeserver says of itself, and of us: asked as the application service that we are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridgekit.ids import UserID
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.capabilities import room_versions
from bridgekit.matrix.paths import path_of


class AppService:
    """Bound to one homeserver. All of it only asks."""

    def __init__(self, api: HomeserverAPI, bot: UserID) -> None:
        self._api, self._identity = api, {"user_id": bot}

    async def versions(self) -> Sequence[str]:
        """The versions of the specification that the homeserver speaks."""
        answer = await self._api.call("GET", "client/versions")
        return [str(version) for version in answer.get("versions", ())]

    async def room_versions(self) -> Mapping[str, str]:
        """The versions of which it makes rooms, and "stable"; empty where it does not say."""
        return room_versions(await self._ask("capabilities"))

    async def whoami(self) -> UserID:
        """Who the homeserver takes our token for."""
        return UserID(str((await self._ask("account/whoami"))["user_id"]))

    async def ping(self, appservice: str, txn: str) -> int:
        """Ask the homeserver to call us back (spec: application service ping); milliseconds."""
        answer = await self._api.call(
            "POST", f"client/v1/appservice/{path_of(appservice)}/ping", {"transaction_id": txn}
        )
        return int(answer.get("duration_ms", 0))

    async def _ask(self, path: str) -> dict[str, Any]:
        return await self._api.call("GET", f"client/v3/{path}", None, self._identity)
