"""Who somebody is, by what they show: asked of the homeserver that gave it to them.

Specification: "GET /account/whoami"; server-server API, "OpenID".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import UserID

PATIENCE = ClientTimeout(total=10)
LARGEST = 65_536  # bytes of an answer; it holds a name
_OK = 200
_NOTHING = 404
_DOWN = 500
FIX = "give its listener the resource `openid`, or name in `api.openid` where it has it"

log = structlog.get_logger()


class Identity:
    """Our own homeserver is at `url`. `servers` are others that are believed, with addresses; our
    own may be among them, where it answers about OpenID elsewhere.
    """

    def __init__(
        self, session: ClientSession, domain: str, url: str, servers: Mapping[str, str]
    ) -> None:
        self._session, self._domain, self._url = session, domain, url
        self._servers = {domain: url, **servers}

    async def of_token(self, token: str) -> UserID | None:
        """Whose access token this is on our own homeserver; None if it is nobody's.

        Raises `RetryLater` where it cannot be told now.
        """
        url = f"{self._url}/_matrix/client/v3/account/whoami"
        answer = await self._ask(url, {"Authorization": f"Bearer {token}"}, {})
        if answer is None or answer.get("is_guest"):
            return None
        return _of(answer.get("user_id"), self._domain)

    async def of_openid(self, server: str, token: str) -> UserID | None:
        """Whose OpenID token this is; None unless a server that is believed says it of its own.

        Any server can say that somebody is a user of another one: such a word counts for nothing.
        """
        address = self._servers.get(server)
        if address is None:
            return None
        url = f"{address}/_matrix/federation/v1/openid/userinfo"
        answer = await self._ask(url, {}, {"access_token": token})
        return None if answer is None else _of(answer.get("sub"), server)

    async def _ask(
        self, url: str, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """The answer; None if it is no."""
        try:
            async with self._session.get(
                url, headers=headers, params=query, timeout=PATIENCE, allow_redirects=False
            ) as response:
                status, body = response.status, await _read(response)
        except (ClientError, TimeoutError, ValueError) as error:
            raise _down() from error
        if status >= _DOWN:
            raise _down()
        if status == _NOTHING:
            log.warning("a homeserver does not answer about OpenID where it should", fix=FIX)
        try:
            answer = json.loads(body) if status == _OK else None
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None


async def _read(response: ClientResponse) -> bytes:
    """The whole of it, however many pieces it comes in; of what is too long the beginning."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            break
    return bytes(body)


def _of(user: object, server: str) -> UserID | None:
    """The user, if it is one of this server."""
    if not isinstance(user, str) or not user.startswith("@"):
        return None
    localpart, _, domain = user[1:].partition(":")
    return UserID(user) if localpart and domain == server else None


def _down() -> RetryLater:
    return RetryLater("The homeserver that knows who you are does not answer", scope=Scope.NETWORK)
