"""Addresses that strangers write: `mxc://`, `matrix:`, matrix.to, and those of the web."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import quote

from aiohttp.abc import AbstractResolver
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.errors import Rejected
from bridgekit.ids import UserID
from bridgekit.matrix.reading import storable
from bridgekit.media.fetcher import Fetcher, Unreachable, is_public
from bridgekit.media.source import MatrixFile, decode, encode
from bridgekit.richtext import links
from bridgekit.testing.crash import CrashLoop
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_PLAIN = st.text("abXYZ09.-_:/@#!$%?&=~[]", max_size=20)
_MXC = st.builds("mxc://{}/{}".format, _PLAIN | TEXT, _PLAIN | TEXT)
_SOURCES = (
    TEXT
    | _MXC
    | st.builds(
        lambda mxc, room, event: encode(MatrixFile(mxc, room, event)), _MXC | TEXT, TEXT, TEXT
    )
)


@tries(80)
@given(_SOURCES)
@example('{"mxc": "mxc://a/../../b", "room": "", "event": ""}')
@example("[" * 100_000)
@example('{"mxc": ' + "9" * 5000 + "}")
def test_any_source_is_a_file_on_matrix_or_is_refused(source: str) -> None:
    with suppress(Rejected):
        server, _, media = decode(source).mxc.removeprefix("mxc://").partition("/")
        assert server
        assert re.fullmatch("[A-Za-z0-9_-]+", media, re.ASCII)
        assert not set(server) & set("/?#%@\\ \n\0")


_START = ["https://matrix.to/#/", "http://www.MATRIX.to/#/", "matrix:", "matrix:u/", "matrix:R/"]
_START += ["matrix:roomid/", "javascript:", " java\nscript:", "https://", "//", "data:", "mailto:"]
_STEERING = re.compile("[\0-\x1f\x7f]")
_HREFS = st.builds("{}{}".format, st.sampled_from(_START), _PLAIN | TEXT) | TEXT


@tries(150)
@given(_HREFS)
@example("https://matrix.to/#/%40a%3Ab.c%0a")
@example("https://matrix.to/#/%40a%00%3Ab.c")
@example("https://matrix.to/#/@\ud800:b.c")
@example("matrix:roomid/\ud800/e/\ud800")
def test_what_a_link_leads_to_is_a_person_a_room_or_the_web(href: str) -> None:
    match links.target(href):
        case links.UserTarget(mxid):
            assert re.fullmatch("@[^:]+:.+", mxid)
            assert storable(mxid)
            assert not _STEERING.search(mxid)
        case links.RoomTarget(url):
            assert url.lower().partition("matrix.to/#/")[1]
            assert not _STEERING.search(url)
        case links.WebTarget(url):
            assert url.partition(":")[0].lower() in links.SCHEMES
            assert not _STEERING.search(url)


@tries(60)
@given(
    st.text("abc09._=/+-", min_size=1, max_size=20), st.sampled_from(["b.c", "b.c:8448", "[::1]"])
)
def test_whoever_is_named_by_an_address_is_found_by_it(localpart: str, server: str) -> None:
    mxid = f"@{localpart}:{server}"
    for href in (
        f"https://matrix.to/#/{quote(mxid, safe='@:')}",
        f"https://matrix.to/#/{quote(mxid, safe='')}?via=b.c",
        f"matrix:u/{quote(mxid[1:], safe='')}?action=chat",
    ):
        assert links.target(href) == links.UserTarget(UserID(mxid))


# Whose name leads where: to us, to our neighbours, to a cloud's inside; to others, as they say.
_ADDRESSES = st.sampled_from(
    [
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "192.0.2.1"),
        *("::1", "fe80::1%eth0", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1"),
        *("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "224.0.0.1", "nonsense"),
    ]
)
_HOSTS = st.one_of(
    _ADDRESSES,
    _ADDRESSES.map("[{}]".format),
    st.sampled_from(
        ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "a.example", "\uff41"]
    ),
    _PLAIN | TEXT,
)
_URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "http://user:pass@", "ftp://", "HTTP:", "//", ""]),
    _HOSTS,
    st.sampled_from(["", ":80", ":443", ":22", ":x", ":99999", "."]),
    st.sampled_from(["", "/", "/a?b#c", "\\@127.0.0.1/", "#@127.0.0.1", "/\r\nHost: x"]),
)


class _Names(AbstractResolver):
    """Each look-up has the next answer, as of a name whose owner changes it in between."""

    def __init__(self, answers: list[list[str]]) -> None:
        self._answers = answers

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[Any]:
        del family
        found = self._answers.pop(0) if self._answers else []
        if not found:
            raise OSError("no such name")
        return [
            {"hostname": host, "host": one, "port": port, "family": 0, "proto": 0, "flags": 0}
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


class _Nowhere(CrashLoop):
    """Nobody can be reached; `tried` says who was to be."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[str] = []

    async def sock_connect(self, sock: socket.socket, address: Any) -> NoReturn:
        del sock
        self.tried.append(address[0])
        raise ConnectionRefusedError


@tries(60)
@given(url=_URLS, answers=st.lists(st.lists(_ADDRESSES, max_size=3), max_size=3))
@example(url="http://a.example/", answers=[["93.184.216.34"], ["127.0.0.1"]])
@example(url="http://a.example/", answers=[["93.184.216.34", "127.0.0.1"]])
def test_whatever_is_to_be_fetched_only_the_internet_is_called(
    url: str, answers: list[list[str]]
) -> None:
    async def fetched() -> None:
        with suppress(Rejected, Unreachable):
            async for _ in Fetcher(resolver=_Names(answers)).fetch(url, limit=10):
                raise AssertionError("somebody answered")

    loop = _Nowhere()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(fetched())
    assert all(is_public(address) for address in loop.tried)
