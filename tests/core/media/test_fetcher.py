"""The guarded fetcher: nobody makes the bridge read what only the bridge can reach."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bridgekit import Rejected
from bridgekit.media.fetcher import Fetcher, Unreachable, is_public
from bridgekit.media.files import TooLarge

Handler = Callable[[web.Request], object]
HERE = "127.0.0.1"


class Names(AbstractResolver):
    """Answers as it is told, each time the next one; the last one stays."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002 (the interface)
        self.asked.append(host)
        found = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return [ResolveResult(hostname=host, host=found, port=port, family=2, proto=6, flags=0)]

    async def close(self) -> None: ...


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, HERE, 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def read(fetcher: Fetcher, url: str, limit: int = 1000) -> bytes:
    return b"".join([piece async for piece in fetcher.fetch(url, limit=limit)])


async def hello(_: web.Request) -> web.Response:
    return web.Response(body=b"hello")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("2001:db8::1", "no address", "::127.0.0.1", "::8.8.8.8", "fec0::1", "5f00::1"),
        *("64:ff9b:1::7f00:1", "64:ff9b:1::808:808", "192.0.0.8", "192.0.0.10"),
    ],
)
def test_an_address_of_the_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:80/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_an_address_written_any_way_is_refused(url: str) -> None:
    with pytest.raises(Rejected, match="not public"):
        await read(Fetcher(), url)


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://example.org/x", "gopher://x", "//example.org/x", "nothing"),
        *("http://", "http:///x", "http://example.org:22/", "http://[", "data:text/plain,x"),
    ],
)
async def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Rejected):
        await read(Fetcher(), url)


async def test_a_file_is_read() -> None:
    async with serving(hello) as port:
        fetcher = Fetcher(allowed={HERE}, ports={port})
        assert await read(fetcher, f"http://{HERE}:{port}/x") == b"hello"


async def test_a_name_of_a_private_address_is_refused() -> None:
    async with serving(hello) as port:
        names = Names(HERE)
        with pytest.raises(Rejected, match="not public"):
            await read(Fetcher(ports={port}, resolver=names), f"http://files.example:{port}/")
        assert names.asked == ["files.example"]


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    asked = []

    async def leads_inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound(f"http://localhost:{request.url.port}/secret")

    async with serving(leads_inside) as port:
        names = Names("127.0.0.2", HERE)  # the first one counts as public here
        fetcher = Fetcher(allowed={"127.0.0.2"}, ports={port}, resolver=names)
        with pytest.raises((Rejected, Unreachable)):
            await read(fetcher, f"http://files.example:{port}/")
    async with serving(leads_inside) as port:
        asked.clear()
        fetcher = Fetcher(allowed={HERE}, ports={port}, resolver=Names("10.0.0.1"))
        with pytest.raises(Rejected, match="not public"):
            await read(fetcher, f"http://{HERE}:{port}/start")
        assert asked == ["/start"]


async def test_a_name_that_changes_its_address_meanwhile_is_refused() -> None:
    async def again(request: web.Request) -> web.Response:
        raise web.HTTPFound(str(request.url.with_path("/again")))

    async with serving(again) as port:
        names = Names(HERE, "10.0.0.1")
        fetcher = Fetcher(allowed={HERE}, ports={port}, resolver=names)
        with pytest.raises(Rejected, match="not public"):
            await read(fetcher, f"http://files.example:{port}/")
        assert names.asked == ["files.example"] * 2


async def test_redirects_are_followed_three_times() -> None:
    async def steps(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        if left:
            raise web.HTTPFound(f"/{left - 1}")
        return web.Response(body=b"there")

    async with serving(steps) as port:
        fetcher = Fetcher(allowed={HERE}, ports={port})
        assert await read(fetcher, f"http://{HERE}:{port}/3") == b"there"
        with pytest.raises(Rejected, match="too often"):
            await read(fetcher, f"http://{HERE}:{port}/4")


async def test_no_credentials_are_sent_to_anybody() -> None:
    seen = []

    async def sets_cookies(request: web.Request) -> web.Response:
        seen.append({"Authorization", "Cookie", "Referer"} & set(request.headers))
        if request.path == "/":
            raise web.HTTPFound("/next", headers={"Set-Cookie": "a=b"})
        return web.Response()

    async with serving(sets_cookies) as port:
        await read(Fetcher(allowed={HERE}, ports={port}), f"http://me:secret@{HERE}:{port}/")
    assert seen == [set(), set()]


async def test_the_limit_holds_whatever_the_server_promises() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()  # chunked: no length is promised
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1000)
        return response

    async with serving(endless) as port:
        with pytest.raises(TooLarge):
            await read(Fetcher(allowed={HERE}, ports={port}), f"http://{HERE}:{port}/", 5000)


@pytest.mark.parametrize(
    ("status", "error"), [(404, Rejected), (403, Rejected), (500, Unreachable), (429, Unreachable)]
)
async def test_an_error_is_no_file(status: int, error: type[Exception]) -> None:
    async def fails(_: web.Request) -> web.Response:
        return web.Response(status=status, body=b"sorry")

    async with serving(fails) as port:
        with pytest.raises(error):
            await read(Fetcher(allowed={HERE}, ports={port}), f"http://{HERE}:{port}/")


async def test_a_server_that_is_down_is_unreachable() -> None:
    async with serving(hello) as port:
        pass
    with pytest.raises(Unreachable):
        await read(Fetcher(allowed={HERE}, ports={port}), f"http://{HERE}:{port}/")
