"""What the homeserver asks of an application service: transactions, alias queries, pings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from bridgekit.testing.homeserver.appservices import AppService

JSON = dict[str, Any]

# Real time: a bridge that hangs must not hang the test.
_TIMEOUT = ClientTimeout(total=30)


class UnreachableError(Exception):
    """The application service gave no answer."""


class Outbound:
    """HTTP towards application services (application service API 2.2)."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self.on_reached: list[Callable[[AppService], None]] = []

    def reached(self, service: AppService) -> None:
        """A ping was answered: whoever backs off from this service need not any longer."""
        for listener in self.on_reached:
            listener(service)

    async def push(self, service: AppService, txn_id: str, body: JSON | bytes) -> int:
        """PUT a transaction; returns the status, raises `UnreachableError` if there was none."""
        status, _ = await self._ask(service, "PUT", f"transactions/{quote(txn_id, safe='')}", body)
        return status

    async def knows_alias(self, service: AppService, alias: str) -> bool:
        """Ask for an alias; anything but a 200 means no, an error too (as in Synapse)."""
        try:
            status, _ = await self._ask(service, "GET", f"rooms/{quote(alias, safe='')}", None)
        except UnreachableError:
            return False
        return status == 200  # noqa: PLR2004  HTTP's "OK"

    async def look_up(
        self, service: AppService, path: str, query: Mapping[str, str]
    ) -> tuple[int, str]:
        """Ask for what a third party has (application service API, "Third-party networks")."""
        return await self._ask(service, "GET", f"thirdparty/{path}?{urlencode(query)}", None)

    async def ping(self, service: AppService, txn_id: str | None) -> tuple[int, str]:
        body = {} if txn_id is None else {"transaction_id": txn_id}
        return await self._ask(service, "POST", "ping", body)

    async def _ask(
        self, service: AppService, method: str, path: str, body: JSON | bytes | None
    ) -> tuple[int, str]:
        text = json.dumps(body).encode() if isinstance(body, dict) else body
        data = None if text is None else BytesIO(text)  # aiohttp warns of many bytes in one piece
        headers = {"Authorization": f"Bearer {service.hs_token}"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        url = f"{service.url}/_matrix/app/v1/{path}"
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=data, headers=headers, timeout=_TIMEOUT
            ) as response:
                return response.status, await response.text(errors="replace")
        except (ClientError, TimeoutError, OSError) as error:
            raise UnreachableError(f"{type(error).__name__}: {error}") from error
