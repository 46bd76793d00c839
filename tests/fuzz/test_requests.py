"""Requests of anybody: to the bridge's port, to its public links and to its webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, web
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.media.source import MatrixFile, encode
from tests.fuzz.conftest import Bridge
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_PREFIXES = st.sampled_from(
    [
        *("/_matrix/app/v1/transactions/", "/_matrix/app/v1/users/", "/_matrix/app/v1/rooms/", "/"),
        *(
            "/_matrix/app/v1/ping",
            "/_matrix/app/v1/thirdparty/user/",
            "/_matrix/app/v1/thirdparty/location",
        ),
        *(
            "/_bridgekit/m/",
            "/_bridgekit/hooks/loop/",
            "/_bridgekit/hooks/",
            "/_bridgekit/wake",
            "/_bridgekit/",
        ),
    ]
)
_PLAIN = st.text("abcXYZ019-_.~/%25#@:!", max_size=30) | TEXT
_METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"])
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Range", "If-Range", "Content-Type", "X-Forwarded-For", "Origin"]
    ),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
    | st.sampled_from(
        ["Bearer ", "Bearer x", "bytes=0-", "bytes=-0", "bytes=5-1", "application/json; charset=x"]
    ),
    max_size=2,
)


async def _asked(bridge: Bridge, method: str, path: str, headers: Any, data: bytes) -> int:
    url = URL(
        bridge.rig.config.appservice.url + quote(path, safe="/%", errors="replace"), encoded=True
    )
    async with ClientSession() as session:
        try:
            async with session.request(method, url, headers=headers, data=data) as response:
                text = await response.text("latin-1")
        except ClientError:  # it is no request
            return 400
    assert "Traceback" not in text
    assert 'File "' not in text
    return response.status


@tries(60)
@given(
    method=_METHODS,
    prefix=_PREFIXES,
    rest=_PLAIN,
    headers=_HEADERS,
    known=st.booleans(),
    data=st.binary(max_size=30),
)
@example(method="GET", prefix="/_bridgekit/m/", rest="A" * 22, headers={}, known=False, data=b"")
def test_any_request_is_answered_and_none_breaks_anything(
    bridge: Bridge,
    method: str,
    prefix: str,
    rest: str,
    headers: dict[str, str],
    *,
    known: bool,
    data: bytes,
) -> None:
    if known:
        token = bridge.rig.config.appservice.hs_token.get_secret_value()
        headers = {**headers, "Authorization": f"Bearer {token}"}

    async def asked() -> None:
        status = await _asked(bridge, method, prefix + rest, headers, data)
        assert status < 500
        if not known and prefix.startswith("/_matrix"):
            assert status in (400, 401, 403, 404, 405)

    bridge.run(asked())


@tries(30)
@given(place=st.integers(0, 21), letter=st.sampled_from("AZaz09-_"), name=TEXT)
def test_a_link_that_differs_in_one_letter_shows_nothing(
    bridge: Bridge, place: int, letter: str, name: str
) -> None:
    async def asked() -> None:
        uri = await bridge.alice.upload(b"secret", "text/plain", "a.txt")
        source = encode(MatrixFile(uri, bridge.room, "$event"))  # type: ignore[arg-type]  # as read
        file = Attachment(AttachmentKind.FILE, source, name, "text/plain")
        path = URL(await bridge.parts.media.links.link(file)).path
        assert await _asked(bridge, "GET", path, {}, b"") == 200
        link = path.rsplit("/", 1)[1]
        other = link[:place] + letter + link[place + 1 :]
        if other != link:
            assert await _asked(bridge, "GET", path.replace(link, other), {}, b"") == 404

    bridge.run(asked())


@tries(30)
@given(method=_METHODS, rest=_PLAIN, headers=_HEADERS, data=st.binary(max_size=40))
def test_a_webhook_is_called_with_anything_and_answers(
    bridge: Bridge, method: str, rest: str, headers: dict[str, str], data: bytes
) -> None:
    async def taken(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="taken")

    async def asked() -> None:
        if bridge.parts.media.webhooks.find("pager") is None:
            routes = [web.post("", taken), web.route("*", "/{rest:.*}", taken)]
            bridge.parts.media.webhooks.mount("pager", routes, lambda: True)
        status = await _asked(bridge, method, f"/_bridgekit/hooks/pager/{rest}", headers, data)
        assert status < 500

    bridge.run(asked())
