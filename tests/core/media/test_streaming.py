"""However large a file is, only a bounded piece of it is under way at any moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from bridgekit import Attachment, AttachmentKind
from bridgekit.matrix.media import MediaRepository
from bridgekit.media.source import MatrixFile, encode
from bridgekit.web.media import MediaPages
from tests.core.media.conftest import EVENT, HERE, ROOM, TOKEN, Files

SIZE = 64 << 20
PIECE = 1 << 16
AHEAD = 24 << 20  # what the sockets' own buffers may hold, on each of two hops


class Stream:
    """A homeserver with one file of zeros. `sent` and `taken` count bytes."""

    def __init__(self) -> None:
        self.sent = self.taken = self.furthest = 0
        self.made = 0

    async def download(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(SIZE)})
        await response.prepare(request)
        for _ in range(SIZE // PIECE):
            await response.write(bytes(PIECE))
            self.sent += PIECE
        return response

    async def upload(self, request: web.Request) -> web.Response:
        async for piece in request.content.iter_chunked(PIECE):
            self.taken += len(piece)
            self.furthest = max(self.furthest, self.made - self.taken)
        return web.json_response({"content_uri": "mxc://example.org/zeros"})

    async def pieces(self) -> AsyncIterator[bytes]:
        for _ in range(SIZE // PIECE):
            self.made += PIECE
            yield bytes(PIECE)

    def took(self, piece: bytes) -> None:
        self.taken += len(piece)
        self.furthest = max(self.furthest, self.sent - self.taken)


@asynccontextmanager
async def running(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HERE, 0).start()
        yield f"http://{HERE}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def streaming() -> AsyncIterator[tuple[Stream, MediaRepository]]:
    stream, app = Stream(), web.Application()
    app.router.add_get("/_matrix/client/v1/media/download/{server}/{id}", stream.download)
    app.router.add_post("/_matrix/media/v3/upload", stream.upload)
    async with running(app) as url, ClientSession() as session:
        yield stream, MediaRepository(url, TOKEN, session)


async def test_a_download_is_read_as_fast_as_it_is_taken() -> None:
    async with (
        streaming() as (stream, repository),
        repository.download("mxc://example.org/zeros") as download,
    ):
        assert download.size == SIZE
        async for piece in download.pieces:
            stream.took(piece)
    assert stream.taken == SIZE
    assert stream.furthest < AHEAD


async def test_an_upload_is_made_as_fast_as_it_is_taken() -> None:
    async with streaming() as (stream, repository):
        assert await repository.upload(stream.pieces(), SIZE, "x/y", None)
    assert stream.taken == SIZE
    assert stream.furthest < AHEAD


async def test_a_public_link_is_served_as_fast_as_it_is_read(files: Files) -> None:
    shown = Attachment(
        AttachmentKind.FILE, encode(MatrixFile("mxc://example.org/zeros", ROOM, EVENT)), "z"
    )
    link = (await files.links.link(shown)).rpartition("/")[2]
    async with streaming() as (stream, repository):
        pages = MediaPages(files.links, files.opened, repository, files.intents, files.clock)
        async with running(pages.app) as url, files.session.get(f"{url}/{link}") as response:
            async for piece in response.content.iter_chunked(PIECE):
                stream.took(piece)
    assert stream.taken == SIZE
    assert stream.furthest < AHEAD
