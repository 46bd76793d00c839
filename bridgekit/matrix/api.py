"""One HTTP request to the homeserver, and what its failure means.

mautrix's `HTTPAPI`, without its retries (the lanes retry) and with what it drops: how long a 429
asks to wait. One object serves all users; the identity is a query parameter.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientResponse, ClientSession
from mautrix.api import HTTPAPI, Method
from mautrix.errors import MatrixConnectionError, MatrixRequestError, make_request_error

from bridgekit.errors import Rejected, RetryLater, Scope
from bridgekit.retry import LONGEST
from bridgekit.richtext.canonical import one_line, sound

# mautrix logs the content of each request on DEBUG: message bodies do not belong into a log.
logging.getLogger("mau.http").setLevel(logging.INFO)


class HomeserverDown(RetryLater):
    """The request surely had no effect: the homeserver cannot be reached, or said 5xx to a read."""


class AnswerLost(RetryLater):
    """The request may have taken effect, or not: no answer came (see `late_answers.py`)."""


class TokenUnknown(RetryLater):
    """The homeserver does not know our token (any more): until it does, everything waits."""


class Refused(Rejected):
    """The homeserver answered no; `code` is the spec's error code, `status` HTTP's."""

    def __init__(self, sentence: str, code: str, status: int) -> None:
        super().__init__(sentence)
        self.code, self.status = code, status


class _API(HTTPAPI):
    async def _send(
        self,
        method: Method,
        url: Any,
        content: Any,
        query_params: dict[str, str],
        headers: dict[str, str],
    ) -> tuple[Any, ClientResponse]:
        async with self.session.request(
            str(method), url, data=content, params=query_params, headers=headers
        ) as response:
            body = await response.read()
            try:
                answer = json.loads(body) if body else {}
            except ValueError:
                answer = None
            if response.ok and isinstance(answer, dict):
                return answer, response
            raise _error(response, body, answer)


def _error(response: ClientResponse, body: bytes, answer: Any) -> MatrixRequestError:
    status = response.status
    fields = answer if isinstance(answer, dict) else {}
    error = make_request_error(
        http_status=status,
        text=body[:200].decode(errors="replace"),
        errcode=fields.get("errcode"),
        message=fields.get("error"),
    )
    error.retry_after = _pause(fields, response.headers)  # type: ignore[attr-defined]  # mautrix keeps no place for it
    return error


def _pause(fields: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the body or (spec 1.10 and later) the header says; None: neither does."""
    wait = fields.get("retry_after_ms")
    if isinstance(wait, int | float) and wait >= 0:
        return min(wait / 1000, LONGEST)
    header = headers.get("Retry-After", "")
    return min(float(header), LONGEST) if header.isascii() and header.isdigit() else None


class HomeserverAPI:
    """Requests as any user of the application service.

    Raises `HomeserverDown`, `AnswerLost`, `TokenUnknown`, `RetryLater` (rate limit) or `Refused`.
    """

    def __init__(self, url: str, token: str, session: ClientSession) -> None:
        self.url = url
        self._api = _API(url, token, client_session=session)

    async def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """`path` starts after `/_matrix/`, with its parts percent-encoded already."""
        try:
            answer: dict[str, Any] = await self._api.request(
                Method[method],
                f"_matrix/{path}",
                content=_sound(content or {}),
                query_params=dict(query or {}),
            )
        except MatrixRequestError as error:
            raise _meaning(error, reads=method == "GET") from error
        except MatrixConnectionError as error:
            if isinstance(error.__cause__, ClientConnectorError) or method == "GET":
                # On a connection that was kept open, aiohttp itself sends a PUT or DELETE again if
                # no answer comes: only of the second attempt do we know that it had no effect.
                kind = AnswerLost if method in ("PUT", "DELETE") else HomeserverDown
                raise kind(
                    f"The homeserver at {self.url} cannot be reached", scope=Scope.NETWORK
                ) from error
            raise AnswerLost(
                "The homeserver's answer was lost", after=0.2, scope=Scope.NETWORK
            ) from error
        except TimeoutError as error:
            kind = HomeserverDown if method == "GET" else AnswerLost
            raise kind("The homeserver did not answer in time", scope=Scope.NETWORK) from error
        return answer


def _meaning(error: MatrixRequestError, *, reads: bool) -> Exception:
    status = error.http_status
    said = one_line(str(error.message or ""))[:300] or f"HTTP {status}"
    if status == 429:  # noqa: PLR2004 (HTTP's number)
        wait = getattr(error, "retry_after", None)
        return RetryLater(f"The homeserver asks for a pause: {said}", after=wait or 1.0)
    if error.errcode == "M_UNKNOWN_TOKEN":
        return TokenUnknown(f"The homeserver does not know our token: {said}", scope=Scope.NETWORK)
    # An answer that is no JSON is a proxy's: whether the homeserver saw the request nobody knows.
    if status >= 500 or status < 300:  # noqa: PLR2004 (HTTP's numbers)
        kind = HomeserverDown if reads else AnswerLost
        return kind(f"The homeserver failed: {said}", scope=Scope.NETWORK)
    return Refused(f"The homeserver says: {said}", str(error.errcode or ""), status)


def _sound(value: Any) -> Any:
    """`value` as every homeserver can store it: no half surrogate pairs, no NUL."""
    match value:
        case str():
            return sound(value)
        case Mapping():
            return {sound(key): _sound(item) for key, item in value.items()}
        case list() | tuple():
            return [_sound(item) for item in value]
    return value
