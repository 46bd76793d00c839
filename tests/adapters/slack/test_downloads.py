"""Files from Slack: the token goes to Slack alone, and nothing else passes for a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web

from bridgekit import Attachment, AttachmentKind, Host, Rejected, RetryLater
from bridges.slack.downloads import Downloads

TOKEN = "xoxb-secret"


class Fetching:
    """A host that fetches, and notes what."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        assert limit
        self.urls.append(url)
        yield b"from afar"


class Site:
    """Answers each path with what it is called."""

    def __init__(self) -> None:
        self.tokens: list[str | None] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization"))
        match request.path:
            case "/login":
                return web.Response(text="<html>Sign in</html>", content_type="text/html")
            case "/away":
                raise web.HTTPFound("https://evil.example.com/")
            case "/401" | "/404" | "/500" | "/429":
                return web.Response(status=int(request.path[1:]))
            case _:
                return web.Response(body=b"the content", content_type="text/plain")


@pytest.fixture
async def site() -> AsyncIterator[tuple[Site, str]]:
    site, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield site, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def read(origin: str, url: str, host: Any = None, mime: str = "text/plain") -> bytes:
    file = Attachment(AttachmentKind.FILE, url, "a.txt", mime)
    async with ClientSession() as http:
        downloads = Downloads(TOKEN, http, f"{origin}/api/", cast("Host", host))
        return b"".join([piece async for piece in downloads.pieces(file)])


async def test_a_file_is_read_with_the_token(site: tuple[Site, str]) -> None:
    served, origin = site
    assert await read(origin, f"{origin}/file") == b"the content"
    assert served.tokens == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("login", Rejected),
        ("away", Rejected),
        ("401", Rejected),
        ("404", Rejected),
        ("500", ConnectionError),
        ("429", RetryLater),
    ],
)
async def test_what_is_not_the_file_is_not_taken_for_it(
    site: tuple[Site, str], path: str, error: type[Exception]
) -> None:
    _, origin = site
    with pytest.raises(error):
        await read(origin, f"{origin}/{path}")


async def test_a_page_that_is_the_file_is_read(site: tuple[Site, str]) -> None:
    _, origin = site
    assert b"Sign in" in await read(origin, f"{origin}/login", mime="text/html")


@pytest.mark.parametrize(
    "url",
    [
        "https://secure.gravatar.com/avatar/x.png",
        "https://slack.com.evil.example.com/x",
        "https://evilslack.com/x",
        "http://files.slack.com/x",
        "http://10.0.0.1/x",
    ],
)
async def test_nobody_else_gets_the_token(site: tuple[Site, str], url: str) -> None:
    served, origin = site
    host = Fetching()
    assert await read(origin, url, host) == b"from afar"
    assert (host.urls, served.tokens) == ([url], [])
