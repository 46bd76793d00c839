"""The homeserver's content repository: uploads and downloads, streamed, as the bot.

Spec: client-server API, "Content repository"; downloads are authenticated since 1.11.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientSession, ClientTimeout

from bridgekit.errors import RetryLater, Scope
from bridgekit.matrix.api import (
    AnswerLost,
    HomeserverDown,
    Refused,
    TokenUnknown,
    parsed,
    pause,
)
from bridgekit.matrix.tokens import Tokens, tokens
from bridgekit.richtext.canonical import one_line

# However large the file: only silence ends it. Reading waits for a homeserver that scans uploads.
SILENCE = ClientTimeout(total=None, connect=10, sock_read=120)
PIECE = 64 << 10
MOST_SAID = 10_000  # bytes that are read of an answer which should be short


@dataclass(frozen=True, slots=True)
class Download:
    """A file as it comes in; `size` is None where the homeserver does not say."""

    mime: str | None
    size: int | None
    pieces: AsyncIterator[bytes]


class MediaRepository:
    """Raises `HomeserverDown`, `AnswerLost`, `TokenUnknown`, `RetryLater` or `Refused`."""

    def __init__(self, url: str, token: str | Tokens, session: ClientSession) -> None:
        self._url, self._session = url, session
        self._token = tokens(token)
        self.uploaded = 0
        self.downloaded = 0  # bytes, both

    async def largest(self) -> int | None:
        """How many bytes an upload may have; None: the homeserver does not say."""
        for path in ("client/v1/media/config", "media/v3/config"):  # the second one before 1.11
            try:
                async with self._ask("GET", path) as response:
                    answer = await _json(response)
            except Refused as refused:
                if not _unrecognized(refused):
                    raise
            else:
                size = answer.get("m.upload.size")
                return size if isinstance(size, int) and size > 0 else None
        return None

    async def upload(
        self, pieces: AsyncIterator[bytes], size: int, mime: str, name: str | None
    ) -> str:
        """Store a file of exactly `size` bytes; its `mxc://` URI. Each call makes a new one."""
        async with self._ask(
            "POST",
            "media/v3/upload",
            headers={"Content-Type": mime, "Content-Length": str(size)},
            query={} if name is None else {"filename": name},
            data=pieces,
        ) as response:
            uri = (await _json(response)).get("content_uri")
            self.uploaded += size
        if not isinstance(uri, str):
            raise AnswerLost("The homeserver does not say where the file is", after=1.0)
        return uri

    @asynccontextmanager
    async def download(self, mxc: str) -> AsyncIterator[Download]:
        """A file's content, read only as fast as the caller takes it."""
        file = "/".join(quote(part, safe="") for part in mxc.removeprefix("mxc://").split("/"))
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(
                    self._ask("GET", f"client/v1/media/download/{file}")
                )
            except Refused as refused:
                if not _unrecognized(refused):
                    raise
                # Before 1.11: such a server asks for no token, and may send us on to others.
                response = await stack.enter_async_context(
                    self._ask("GET", f"media/v3/download/{file}", token=False)
                )
            yield _download(response, self._counted)

    async def _counted(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self.downloaded += len(piece)
            yield piece

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        data: AsyncIterator[bytes] | None = None,
        token: bool = True,
    ) -> AsyncIterator[ClientResponse]:
        reads, used = method == "GET", self._token.now
        own = {"Authorization": f"Bearer {used}"} if token else {}
        try:
            async with self._session.request(
                method,
                f"{self._url}/_matrix/{path}",
                headers={**(headers or {}), **own},
                params=query or {},
                data=data,
                timeout=SILENCE,
            ) as response:
                if not response.ok:
                    meant = await _meaning(response, reads=reads)
                    if isinstance(meant, TokenUnknown):
                        self._token.give_way(used)  # a file cannot be read twice: it comes again
                    raise meant
                yield response
        except (ClientError, TimeoutError) as error:
            if reads or isinstance(error, ClientConnectorError):
                raise HomeserverDown(
                    f"The homeserver at {self._url} cannot be reached", scope=Scope.NETWORK
                ) from error
            raise AnswerLost("The homeserver's answer was lost", after=1.0) from error


def _download(
    response: ClientResponse, counted: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
) -> Download:
    # `Content-Encoding` is undone while reading, so the length on the wire would not fit.
    encoded = "Content-Encoding" in response.headers
    size = None if encoded else response.content_length
    mime = response.content_type if "Content-Type" in response.headers else None
    return Download(mime, size, counted(response.content.iter_chunked(PIECE)))


async def _json(response: ClientResponse) -> dict[str, Any]:
    """A short answer; one that is not Matrix's is a proxy's, and says nothing."""
    answer = parsed(await _beginning(response))
    if answer is None:
        kind = HomeserverDown if response.method == "GET" else AnswerLost
        raise kind("The homeserver's answer is none of Matrix", scope=Scope.NETWORK)
    return answer


async def _beginning(response: ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(MOST_SAID):
        body += piece
        if len(body) > MOST_SAID:
            break
    return bytes(body)


async def _meaning(response: ClientResponse, *, reads: bool) -> Exception:
    answer = parsed(await _beginning(response)) or {}
    said = one_line(str(answer.get("error") or ""))[:300] or f"HTTP {response.status}"
    code = str(answer.get("errcode") or "")
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        after = pause(answer, response.headers)
        return RetryLater(f"The homeserver asks for a pause: {said}", after=after)
    if code == "M_UNKNOWN_TOKEN":
        return TokenUnknown(f"The homeserver does not know our token: {said}", scope=Scope.NETWORK)
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = HomeserverDown if reads else AnswerLost
        return kind(f"The homeserver failed: {said}")
    return Refused(f"The homeserver says: {said}", code, response.status)


def _unrecognized(refused: Refused) -> bool:
    """Whether the homeserver does not have such an endpoint: older ones say 404 without a code."""
    return refused.code == "M_UNRECOGNIZED" or (
        refused.status == HTTPStatus.NOT_FOUND and not refused.code
    )
