"""Public links, served: a file streamed from the homeserver, or a long text as a page."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from urllib.parse import quote

import structlog
from aiohttp import ClientError, web

from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.media import Download, MediaRepository
from bridgekit.media.encrypting import Altered, decrypted
from bridgekit.media.file_key import FileKey, key_of
from bridgekit.media.files import TooLarge, filled
from bridgekit.media.least_rate import LeastRate
from bridgekit.media.links import MOST, Links
from bridgekit.media.opened import Opened
from bridgekit.media.sniff import UNKNOWN
from bridgekit.public_links import LinkKind, MediaLink
from bridgekit.scanning.verdict import Blocked
from bridgekit.web.answers import SAFE, plain
from bridgekit.web.pages import page
from bridgekit.web.ranges import Span, Unsatisfiable, asked_for

log = structlog.get_logger()

# Files being read; who asks beyond that is told to come back. None by address: all come from that
# of the proxy, and networks read for all of their own.
AT_ONCE = 64
OF_ONE = 8  # of them under the same link, so that nobody shuts all with the one that they have
PICTURE = 50 << 20  # bytes of a picture that is made smaller
NONE = "There is nothing under this link."
GONE = "This link has expired, or what it showed was deleted."

# What a browser may show: nothing that can hold a script.
_SHOWN = {
    *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"),
    *("audio/mpeg", "audio/ogg", "audio/mp4", "audio/aac", "audio/flac", "audio/wav", "audio/webm"),
    *("video/mp4", "video/webm", "video/ogg", "video/quicktime"),
}


class MediaPages:
    """GET and HEAD of what `Links` made."""

    def __init__(
        self,
        links: Links,
        opened: Opened,
        repository: MediaRepository,
        intents: Intents,
        clock: Clock,
    ) -> None:
        self._links, self._opened, self._clock = links, opened, clock
        self._repository, self._intents = repository, intents
        self._reading: Counter[str] = Counter()  # how often each link is being read
        self.app = web.Application()
        # The ending is for those who judge a file by its address; it says nothing here.
        self.app.router.add_get(r"/{id:[A-Za-z0-9_-]{22}}{ending:(\.[A-Za-z0-9]{1,8})?}", self._get)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        if self._reading[name] >= OF_ONE or self._reading.total() >= AT_ONCE:
            return plain(503, "Too many people read here just now; try again.", retry_after=5)
        self._reading[name] += 1
        try:
            return await self._answered(request, name)
        finally:
            self._reading -= Counter((name,))  # one that nobody reads leaves nothing behind

    async def _answered(self, request: web.Request, name: str) -> web.StreamResponse:
        link = await self._links.find(name)
        if link is None:
            return plain(404, NONE)
        if link.revoked or 0 < link.expires <= self._links.now():
            return plain(410, GONE)
        try:
            return await self._shown(request, link)
        except Refused:
            return plain(404, "What this link showed is not there any more.")
        except Blocked as blocked:
            log.warning("a public link was blocked by the content scan", found=blocked.found)
            return plain(403, "What this link shows was blocked.")
        except BridgekitError as error:
            log.warning("a public link failed", error=type(error).__name__)
            return plain(503, "The homeserver does not answer; try again.", retry_after=30)

    async def _shown(self, request: web.Request, link: MediaLink) -> web.StreamResponse:
        if link.kind is LinkKind.PAGE:
            return await self._page(link)
        key: FileKey | None = None
        if link.kind is LinkKind.LOCKED:
            key = await self._key(link)
            if key is None:
                return plain(410, GONE)
        async with (
            self._repository.download(link.mxc) as stored,
            self._read(request, stored if key is None else _readable(stored, key)) as download,
        ):
            most = request.query.get(MOST, "")
            if most.isdecimal() and (download.size is None or download.size > int(most)):
                return await self._smaller(link, download, int(most))
            return await self._file(request, link, download)

    def _read(
        self, request: web.Request, download: Download
    ) -> AbstractAsyncContextManager[Download]:
        if request.method == "HEAD":
            return nullcontext(download)
        return self._opened.looked_through(download)

    async def _smaller(self, link: MediaLink, download: Download, most: int) -> web.Response:
        """A picture for a network that takes none as large as this one."""
        from bridgekit.media import pictures  # noqa: PLC0415 (Pillow: 3 MB until a picture comes)

        try:
            async with filled(download.pieces, PICTURE) as file:
                small = await asyncio.to_thread(pictures.shrunk, file, most)
        except (pictures.Unreadable, TooLarge, Altered):
            return plain(415, "This picture cannot be made smaller.")
        name = f"{link.name.rpartition('.')[0] or link.name}.jpg"
        headers = SAFE | _named(small.mime, name)
        return web.Response(body=small.data, headers=headers)

    async def _key(self, link: MediaLink) -> FileKey | None:
        """What the event that shows the file says of its key; None: nobody can read that now."""
        event = await self._intents.event(link.room, link.event) or {}
        content = event.get("content")
        edited = content.get("m.new_content") if isinstance(content, dict) else None
        for one in (edited, content):
            file = one.get("file") if isinstance(one, dict) else None
            if isinstance(file, dict) and file.get("url") == link.mxc:
                return key_of(file)
        return None

    async def _page(self, link: MediaLink) -> web.Response:
        event = await self._intents.event(link.room, link.event) or {}
        content = event.get("content")
        text = page(content) if isinstance(content, dict) else None
        if text is None:
            return plain(410, GONE)
        headers = SAFE | {"Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _file(
        self, request: web.Request, link: MediaLink, download: Download
    ) -> web.StreamResponse:
        headers = SAFE | _described(link, download)
        span: Span | None = None
        if download.size is not None:
            headers |= {"Accept-Ranges": "bytes", "ETag": f'"{link.id}"'}
            try:
                span = _span(request, link, download.size)
            except Unsatisfiable:
                refused = plain(416, "The file has no such bytes.")
                refused.headers["Content-Range"] = f"bytes */{download.size}"
                return refused
        if span is not None:
            headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{download.size}"
        response = web.StreamResponse(status=200 if span is None else 206, headers=headers)
        response.content_length = download.size if span is None else span.end - span.start
        await response.prepare(request)
        if request.method != "HEAD":
            try:
                await self._send(response, _cut(download.pieces, span))
            except BridgekitError as error:  # it has begun: there can be no other answer
                log.warning("a public link broke off", error=type(error).__name__)
                response.force_close()
        return response

    async def _send(
        self, response: web.StreamResponse, pieces: AsyncIterator[memoryview | bytes]
    ) -> None:
        """As fast as the reader reads. What breaks in the middle leaves the answer too short."""
        rate = LeastRate(self._clock)
        async for piece in pieces:
            try:
                async with rate.waiting():
                    await response.write(piece)
            except (ClientError, OSError, TimeoutError):  # the reader is gone, or too slow
                response.force_close()
                return
            rate.passed(len(piece))
        await response.write_eof()


def _readable(stored: Download, key: FileKey) -> Download:
    return replace(stored, mime=None, pieces=decrypted(stored.pieces, key))


def _span(request: web.Request, link: MediaLink, size: int) -> Span | None:
    # Another file is another link, so the link is the file's validator too.
    if request.headers.get("If-Range", f'"{link.id}"') != f'"{link.id}"':
        return None
    return asked_for(request.headers.get("Range"), size)


def _described(link: MediaLink, download: Download) -> dict[str, str]:
    return _named(download.mime or UNKNOWN if link.mime == UNKNOWN else link.mime, link.name)


def _named(claim: str, name: str) -> dict[str, str]:
    shown = claim in _SHOWN
    plainly = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    names = f"filename=\"{plainly}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Type": claim if shown else UNKNOWN,
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; {names}",
    }


async def _cut(
    pieces: AsyncIterator[bytes], span: Span | None
) -> AsyncIterator[memoryview | bytes]:
    """Only what is asked for; homeservers serve no ranges, so what lies before it is read too."""
    at = 0
    async for piece in pieces:
        if span is None:
            yield piece
            continue
        if at + len(piece) > span.start:
            yield memoryview(piece)[max(0, span.start - at) : span.end - at]
        at += len(piece)
        if at >= span.end:
            return
