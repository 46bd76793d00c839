"""Public links, as the world sees them: safe, short-lived, and gone when they should be."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit import Attachment, AttachmentKind, ConfigError
from bridgekit.ids import EventID
from bridgekit.media.source import MatrixFile, encode
from bridgekit.store.media import revoke_links
from bridgekit.web.pages import page
from tests.core.media.conftest import EVENT, ROOM, Files
from tests.core.media.samples import SCRIPT, noise, picture

DATA = bytes(range(256)) * 1000


def of(mxc: str, name: str = "photo.png", mime: str | None = "image/png") -> Attachment:
    return Attachment(AttachmentKind.IMAGE, encode(MatrixFile(mxc, ROOM, EVENT)), name, mime)


async def linked(files: Files, data: bytes = DATA, **more: Any) -> str:
    return files.here(await files.links.link(of(await files.put(data), **more)))


async def ask(files: Files, url: str, method: str = "GET", **headers: str) -> Any:
    async with files.session.request(method, url, headers=headers) as response:
        return response.status, response.headers, await response.read()


async def test_a_link_shows_the_file_with_headers_that_let_nothing_run(files: Files) -> None:
    link = await linked(files, picture())
    assert len(link) < len(files.url) + 50
    assert link.endswith(".png")
    status, headers, body = await ask(files, link)
    assert (status, body) == (200, picture())
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"].startswith("inline")
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"].startswith("private")
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_a_picture_is_served_no_larger_than_a_network_takes(files: Files) -> None:
    large = noise((600, 400))
    attachment = of(await files.put(large), "photo.png")
    for most in (60_000, len(large)):
        link = files.here(await files.links.link(attachment, most=most))
        status, headers, body = await ask(files, link)
        assert status == 200
        assert len(body) <= most
        smaller = most < len(large)
        assert headers["Content-Type"] == ("image/jpeg" if smaller else "image/png")
        assert ("photo.jpg" in headers["Content-Disposition"]) is smaller
    link = files.here(await files.links.link(of(await files.put(DATA)), most=1000))
    assert (await ask(files, link))[0] == 415


@pytest.mark.parametrize(
    "mime", ["image/svg+xml", "text/html", "application/pdf", "text/html\r\nX-Evil: 1", None]
)
async def test_what_may_hold_a_script_is_only_ever_saved(files: Files, mime: str | None) -> None:
    link = await linked(files, SCRIPT, name="x.svg", mime=mime)
    status, headers, _ = await ask(files, link)
    assert status == 200
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in headers


async def test_a_hostile_name_stays_inside_its_header(files: Files) -> None:
    link = await linked(files, name='../ü"\r\nSet-Cookie: a=b\u202e.png')
    _, headers, _ = await ask(files, link)
    assert "Set-Cookie" not in headers
    assert headers["Content-Disposition"].count('"') == 2
    assert "filename*=UTF-8''%C3%BC_" in headers["Content-Disposition"]


async def test_the_same_file_has_the_same_link_and_another_event_another(files: Files) -> None:
    mxc = await files.put(DATA)
    other = Attachment(AttachmentKind.IMAGE, encode(MatrixFile(mxc, ROOM, EventID("$2"))), "p.png")
    assert await files.links.link(of(mxc)) == await files.links.link(of(mxc))
    assert await files.links.link(of(mxc)) != await files.links.link(other)


@pytest.mark.parametrize(
    ("asked", "status", "said", "piece"),
    [
        ("bytes=0-9", 206, "bytes 0-9/256000", DATA[:10]),
        ("bytes=70000-70001", 206, "bytes 70000-70001/256000", DATA[70000:70002]),
        ("bytes=255990-", 206, "bytes 255990-255999/256000", DATA[-10:]),
        ("bytes=-10", 206, "bytes 255990-255999/256000", DATA[-10:]),
        ("bytes=-999999", 206, "bytes 0-255999/256000", DATA),
        ("bytes=0-999999", 206, "bytes 0-255999/256000", DATA),
        ("bytes=256000-", 416, "bytes */256000", None),
        ("bytes=-0", 416, "bytes */256000", None),
        ("bytes=9-5", 200, None, DATA),
        ("bytes=0-1,5-6", 200, None, DATA),
        ("bytes=-", 200, None, DATA),
        ("lines=1-2", 200, None, DATA),
    ],
)
async def test_one_range_is_served(
    files: Files, asked: str, status: int, said: str | None, piece: bytes | None
) -> None:
    found, headers, body = await ask(files, await linked(files), Range=asked)
    assert (found, headers.get("Content-Range")) == (status, said)
    assert piece is None or body == piece
    assert piece is None or headers["Content-Length"] == str(len(piece))


async def test_a_range_of_another_file_is_not_served(files: Files) -> None:
    link = await linked(files)
    _, headers, _ = await ask(files, link, "HEAD")
    fits = await ask(files, link, **{"Range": "bytes=0-1", "If-Range": headers["ETag"]})
    other = await ask(files, link, **{"Range": "bytes=0-1", "If-Range": '"another"'})
    assert (fits[0], other[0]) == (206, 200)


async def test_the_head_alone_can_be_asked_for(files: Files) -> None:
    status, headers, body = await ask(files, await linked(files), "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(DATA)), b"")
    assert headers["Accept-Ranges"] == "bytes"


async def test_a_forged_link_shows_nothing(files: Files) -> None:
    link = await linked(files)
    name = link.rpartition("/")[2].removesuffix(".png")
    forged = name[:-1] + ("A" if name[-1] != "A" else "B")
    for path in (forged, name[:-1], name + "A", name + ".." + "/x", "", "../wake", "%00" * 22):
        status, _, body = await ask(files, f"{files.url}/_bridgekit/m/{path}")
        assert status in (401, 404), path
        assert DATA not in body


async def test_another_address_of_ours_is_no_way_around_the_token(files: Files) -> None:
    for path in ("/_bridgekit/wake", "/_matrix/app/v1/ping", "/anything", "/_bridgekit/m", "/"):
        status, _, _ = await ask(files, files.url + path)
        assert status in (401, 404), path
    status, _, _ = await ask(files, f"{files.url}/_matrix/app/v1/transactions/1", "PUT")
    assert status == 401


async def test_an_expired_link_says_so_and_asking_again_renews_it(files: Files) -> None:
    mxc = await files.put(DATA)
    link = files.here(await files.links.link(of(mxc)))
    files.clock.later = 3601
    status, _, body = await ask(files, link)
    assert (status, body) == (410, b"This link has expired, or what it showed was deleted.\n")
    assert files.here(await files.links.link(of(mxc))) == link
    assert (await ask(files, link))[0] == 200


async def test_a_redacted_event_takes_its_links_along_for_good(files: Files) -> None:
    mxc = await files.put(DATA)
    link = files.here(await files.links.link(of(mxc)))
    avatar = files.here(await files.links.avatar(mxc))
    await files.store.writer.write(revoke_links(EVENT))
    await files.links.link(of(mxc))  # a repeated job asks for it once more
    assert (await ask(files, link))[0] == 410
    await files.store.writer.write(revoke_links(EventID("")))
    assert (await ask(files, avatar))[0] == 200


async def test_whatever_host_is_asked_for_gets_the_same(files: Files) -> None:
    link = await linked(files)
    for host in ("evil.example", "127.0.0.1", "[::1]:80", "x" * 300):
        status, headers, body = await ask(files, link, Host=host)
        assert (status, body) == (200, DATA)
        assert host not in str(headers)
        assert (await ask(files, f"{files.url}/_matrix/app/v1/ping", "POST", Host=host))[0] == 401


async def test_an_avatar_never_expires_and_shows_what_the_homeserver_says_it_is(
    files: Files,
) -> None:
    mxc = await files.put(picture(), "image/png")
    shown = Attachment(AttachmentKind.IMAGE, encode(MatrixFile(mxc)), "avatar")
    link = await files.links.link(shown)
    assert link == await files.links.avatar(mxc)
    files.clock.later = 1e8
    status, headers, body = await ask(files, files.here(link))
    assert (status, headers["Content-Type"], body) == (200, "image/png", picture())


async def test_a_file_that_is_gone_is_not_found_and_a_homeserver_that_is_down_comes_back(
    files: Files,
) -> None:
    gone = files.here(await files.links.link(of("mxc://example.org/gone")))
    assert (await ask(files, gone))[0] == 404
    link = await linked(files)
    files.hs.fail("GET", "/download/", status=502)
    status, headers, _ = await ask(files, link)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert (await ask(files, link))[0] == 200


async def test_links_need_a_public_url(files: Files) -> None:
    links = files.made_links(None)
    assert not links.possible
    with pytest.raises(ConfigError, match=r"appservice\.public_url is missing"):
        await links.avatar("mxc://example.org/abc")


async def test_a_long_text_is_a_page_until_its_event_is_redacted(files: Files) -> None:
    alice = files.hs.person("alice")
    await files.intents.register("bot")
    room = await alice.create_room(invite=[files.intents.bot])
    await files.intents.join(files.intents.bot, room)
    html = "<b>bold</b><script>alert(1)</script><a href='javascript:x'>y</a>"
    content = {"msgtype": "m.text", "body": "bold", "formatted_body": html}
    event = await alice.send(room, "m.room.message", content | {"format": "org.matrix.custom.html"})
    link = files.here(await files.links.page(room, event))
    status, headers, body = await ask(files, link)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Cache-Control"] == "no-store"
    assert b"<strong>bold</strong>" in body
    assert b"<script" not in body
    assert b"javascript:" not in body
    await alice.redact(room, event)
    assert (await ask(files, link))[0] == 410


def test_a_plain_text_is_escaped_on_its_page() -> None:
    text = page({"body": "<script>1</script>\nnext"})
    assert text is not None
    assert "&lt;script&gt;" in text
    assert page({"body": 5}) is None
    assert page({}) is None
