"""Asking a gateway over HTTP: which failures are sure, and what a refusal means."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientSession,
    ConnectionTimeoutError,
    encode_basic_auth,
)

from bridgekit import LoginError, Rejected, RetryLater, Scope

LARGEST = 1 << 20  # bytes of an answer
_PIECE = 64 << 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway answered, whatever its status."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """Raises `ValueError` where it is none: then nobody knows what it means."""
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def retry_after(self) -> float | None:
        pause = self.headers.get("Retry-After", "")
        return float(pause) if pause.isdecimal() else None


async def ask(
    http: ClientSession,
    method: str,
    url: str,
    *,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **body: Any,
) -> Answer:
    """One request; redirects are not followed, as they would carry the secret elsewhere.

    Raises `RetryLater` where no connection was made, so that nothing was asked. Whatever else
    fails leaves it open whether it was taken. Only for POST: aiohttp makes others twice.
    """
    headers = {**(headers or {}), **(_basic(*auth) if auth else {})}
    try:
        async with http.request(
            method, url, headers=headers, allow_redirects=False, **body
        ) as response:
            content = await response.content.read(LARGEST)
            return Answer(response.status, content, dict(response.headers))
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise RetryLater("The gateway cannot be reached.", scope=Scope.LOGIN) from error


def _basic(user: str, secret: str) -> dict[str, str]:
    return {"Authorization": encode_basic_auth(user, secret)}


def judge(answer: Answer, title: str, why: str = "") -> None:
    """Raise what the status of a refusal means; a 5xx leaves it open, by an error of its own."""
    said = f" It says: {why}" if why else ""
    match answer.status:
        case 401 | 403:
            raise LoginError(f"{title} does not accept the account.{said}")
        case 429:
            raise RetryLater(f"{title} asks for a pause.", answer.retry_after, Scope.LOGIN)
        case status if 300 <= status < 500:  # noqa: PLR2004 (HTTP's numbers)
            raise Rejected(f"{title} refused it, with status {status}.{said}")
        case status if status >= 500:  # noqa: PLR2004
            raise ConnectionError(f"{title} answered with status {status}")


async def fetched(
    http: ClientSession,
    url: str,
    limit: int,
    auth: tuple[str, str],
    elsewhere: Callable[[str], AsyncIterator[bytes]],
) -> AsyncIterator[bytes]:
    """A file that needs a key, `limit` bytes at most.

    Where it redirects, `elsewhere` reads it, without the key.
    """
    async with http.get(url, headers=_basic(*auth), allow_redirects=False) as response:
        target = response.headers.get("Location", "")
        if response.status not in _REDIRECTS:
            if response.status != 200:  # noqa: PLR2004 (OK)
                raise Rejected(f"The file is not to be had any more (status {response.status}).")
            read = 0
            async for piece in response.content.iter_chunked(_PIECE):
                read += len(piece)
                if read > limit:
                    raise Rejected("The file is larger than may be taken.")
                yield piece
            return
    async for piece in elsewhere(target):
        yield piece
