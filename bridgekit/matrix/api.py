"""One HTTP request to the homeserver, and what its failure means.

No request is repeated here: the lanes do that. One object serves all users; the identity is a
query parameter. Why this is not mautrix's: `docs/decisions/0011-our-own-requests.md`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ConnectionTimeoutError,
    hdrs,
)
from yarl import URL

from bridgekit.errors import Rejected, RetryLater, Scope
from bridgekit.ids import EventID
from bridgekit.matrix.tokens import Tokens, tokens
from bridgekit.matrix.turns import Turns
from bridgekit.metrics.spread import Spread
from bridgekit.richtext.canonical import one_line, sound

OK, REDIRECTED = 200, 300  # HTTP's
PATIENCE = 300.0  # seconds: the most that a homeserver is believed to want us to wait
LIST = "list"  # the key of an answer that is one
_NO_BACKEND = (404, 408, 421, 425)  # without an errcode: a proxy's that finds no homeserver now


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


class HomeserverAPI:
    """Requests as any user of the application service.

    Raises `HomeserverDown`, `AnswerLost`, `TokenUnknown`, `RetryLater` (rate limit) or `Refused`.
    """

    def __init__(self, url: str, token: str | Tokens, session: ClientSession) -> None:
        self.url = url
        self._token = self.tokens = tokens(token)
        self._session = self.session = session
        root = URL(url)
        self._path = f"{root.raw_path.rstrip('/')}/_matrix/"
        # From its parts, encoded as they are: to take an address apart costs as much as to send it.
        self._address = partial(
            URL.build, scheme=root.scheme, authority=root.raw_authority, encoded=True
        )
        # Waited for here, and not in the session's pool: there it would count as time in which
        # no answer came, and what was never sent would be in doubt.
        self._turns = Turns()
        self.failed = asyncio.Event()
        """Set at each `HomeserverDown`, `AnswerLost`, `TokenUnknown`; whoever watches clears it."""
        self.took: defaultdict[str, Spread] = defaultdict(Spread)  # by method
        self.failures: Counter[type[Exception]] = Counter()

    async def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        listed: bool = False,
    ) -> dict[str, Any]:
        """`path` starts after `/_matrix/`, with its parts percent-encoded already.

        `listed`: the answer is a list, and is returned under `LIST`.
        """
        used = self._token.now
        try:
            return await self._call(method, path, content, query, used, listed=listed)
        except TokenUnknown:
            if not self._token.give_way(used):
                raise
            return await self._call(method, path, content, query, self._token.now, listed=listed)

    async def _call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        token: str,
        *,
        listed: bool,
    ) -> dict[str, Any]:
        asked = [
            f"{key}={quote(value, safe='@:', errors='replace')}"
            for key, value in (query or {}).items()
        ]
        url = self._address(path=f"{self._path}{path}", query_string="&".join(asked))
        reads = method == "GET"
        body = None if reads else encoded(content or {})
        async with self._turns.of(path):
            began = time.perf_counter()
            try:
                async with self._session.request(
                    method, url, data=body, headers=_headers(token)
                ) as response:
                    said = await response.read()
            except (ClientError, TimeoutError) as error:
                raise self._noted(self._unanswered(method, error)) from error
            finally:
                self.took[method].add(time.perf_counter() - began)
        answer = parsed(said, listed=listed)
        if answer is None or not OK <= response.status < REDIRECTED:
            meant = meaning(response.status, answer or {}, response.headers, reads=reads)
            raise self._noted(meant)
        return answer

    def _noted(self, error: RetryLater | Refused) -> RetryLater | Refused:
        self.failures[type(error)] += 1
        if isinstance(error, HomeserverDown | AnswerLost | TokenUnknown):
            self.failed.set()
        return error

    def _unanswered(self, method: str, error: Exception) -> RetryLater:
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            # On a connection that was kept open, aiohttp itself sends a PUT or DELETE again if
            # no answer comes: only of the second attempt do we know that it had no effect.
            kind = AnswerLost if method in ("PUT", "DELETE") else HomeserverDown
            return kind(f"The homeserver at {self.url} cannot be reached", scope=Scope.NETWORK)
        if isinstance(error, TimeoutError):
            kind = HomeserverDown if method == "GET" else AnswerLost
            return kind("The homeserver did not answer in time", scope=Scope.NETWORK)
        if method == "GET":
            return HomeserverDown("The homeserver gave no answer", scope=Scope.NETWORK)
        return AnswerLost("The homeserver's answer was lost", after=0.2, scope=Scope.NETWORK)


def _headers(token: str) -> dict[str, str]:
    return {hdrs.AUTHORIZATION: f"Bearer {token}", hdrs.CONTENT_TYPE: "application/json"}


def meaning(
    status: int, answer: Mapping[str, Any], headers: Mapping[str, str], *, reads: bool
) -> RetryLater | Refused:
    """What an answer other than "yes" means; `answer` is empty if it was no JSON object."""
    said = one_line(str(answer.get("error") or ""))[:300] or f"HTTP {status}"
    code = str(answer.get("errcode") or "")
    if status == 429:  # noqa: PLR2004 (HTTP's number)
        return RetryLater(f"The homeserver asks for a pause: {said}", pause(answer, headers))
    if code == "M_UNKNOWN_TOKEN":
        return TokenUnknown(f"The homeserver does not know our token: {said}", scope=Scope.NETWORK)
    # An answer that is no JSON is a proxy's: whether the homeserver saw the request nobody knows.
    of_a_proxy = status in _NO_BACKEND and not code
    if status >= 500 or status < 400 or of_a_proxy:  # noqa: PLR2004 (HTTP's numbers)
        kind = HomeserverDown if reads else AnswerLost
        return kind(f"The homeserver failed: {said}", scope=Scope.NETWORK)
    return Refused(f"The homeserver says: {said}", code, status)


def made(answer: Mapping[str, Any]) -> EventID:
    """The event that a request has made; a "yes" that names none is no answer."""
    event = answer.get("event_id")
    if not isinstance(event, str):
        raise AnswerLost("The homeserver's answer names no event", scope=Scope.NETWORK)
    return EventID(event)


def pause(answer: Mapping[str, Any], headers: Mapping[str, str]) -> float:
    """Seconds to wait, as the body or (spec 1.10 and later) the header says; 1 if neither does."""
    wait = answer.get("retry_after_ms")
    if isinstance(wait, int | float) and wait >= 0:
        return min(wait, PATIENCE * 1000) / 1000 or 1.0
    header = headers.get("Retry-After", "")
    return min(float(header), PATIENCE) or 1.0 if header.isascii() and header.isdigit() else 1.0


def parsed(body: bytes, *, listed: bool = False) -> dict[str, Any] | None:
    """An answer's object; None if it is none, and so not Matrix's. Some answers have no body."""
    try:
        answer = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return None
    if listed and isinstance(answer, list):
        return {LIST: answer}
    return answer if isinstance(answer, dict) else None


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encoded(content: Mapping[str, Any]) -> bytes:
    """The content as JSON that every homeserver can store: no half surrogate pairs, no NUL."""
    try:
        body = _json(content).encode()
    except UnicodeEncodeError:  # half a pair
        return _json(_sound(content)).encode()
    return _json(_sound(content)).encode() if rb"\u0000" in body else body


def _sound(value: Any) -> Any:
    match value:
        case str():
            return sound(value)
        case Mapping():
            return {sound(key): _sound(item) for key, item in value.items()}
        case list() | tuple():
            return [_sound(item) for item in value]
    return value
