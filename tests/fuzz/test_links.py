"""Public links in the hands of strangers: the one that was made shows its file, and no other does.

A link may be bent in every way, its file may be taken back, its time may be over, and another
bridge, or this one with another database, may have made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import ClientSession
from hypothesis import assume, example, given
from hypothesis import strategies as st
from yarl import URL

from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.media.links import PATH
from bridgekit.media.source import MatrixFile, encode
from bridgekit.signing import Signer
from bridgekit.web.pages import page
from bridgekit.web.ranges import Unsatisfiable, asked_for
from tests.core.richtext.test_properties import check
from tests.fuzz.conftest import Bridge
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent

LIFETIME = 30 * 86_400.0  # seconds, as it is unless somebody changes it
_LETTERS = st.sampled_from("AZaz09-_")


class Fate(Enum):
    """What has become of a file since its link was made."""

    KEPT = auto()
    EXPIRED = auto()
    REDACTED = auto()


@dataclass(frozen=True)
class Made:
    """A link, and what it shows."""

    id: str
    data: bytes


def _cut(link: str, place: int, _: str) -> str:
    return link[:place]


def _longer(link: str, place: int, letter: str) -> str:
    return link[:place] + letter + link[place:]


def _altered(link: str, place: int, letter: str) -> str:
    return link[:place] + letter + link[place + 1 :]


def _other_case(link: str, place: int, _: str) -> str:
    return link[:place] + link[place:].swapcase()


def _percent(link: str, place: int, _: str) -> str:
    return link[:place] + "".join(f"%{ord(char):02X}" for char in link[place:])


def _percent_twice(link: str, place: int, letter: str) -> str:
    return quote(_percent(link, place, letter))


def _other_alphabet(link: str, *_: object) -> str:
    return link.replace("-", "%2B").replace("_", "%2F") + "=="


def _wide(link: str, place: int, _: str) -> str:
    """A letter that looks like it, and is made it where text is normalised (NFKC)."""
    return link[:place] + quote(chr(ord(link[place]) + 0xFEE0)) + link[place + 1 :]


def _ended(link: str, place: int, letter: str) -> str:
    return link + ("." + letter * (place % 12), "%00", "/", "%2F", "%0A", "?x", ";x")[place % 7]


def _other_path(link: str, place: int, _: str) -> str:
    return (
        *(f"/{link}", f"./{link}", f"../m/{link}", f"x/../{link}", f"%2e%2e/m/{link}"),
        *(f"../hooks/{link}", f"../../_matrix/app/v1/users/{link}", f"../M/{link}", f"\\{link}"),
    )[place % 9]


def _itself(link: str, *_: object) -> str:
    return link


_BENDING = st.sampled_from(
    [
        *(_itself, _cut, _longer, _altered, _other_case, _percent, _percent_twice),
        *(_other_alphabet, _wide, _ended, _other_path),
    ]
)
_RANGES = st.none() | st.one_of(
    st.builds("bytes={}-{}".format, st.integers(0, 70), st.integers(0, 70) | st.just("")),
    st.builds("bytes=-{}".format, st.integers(0, 70)),
    st.sampled_from(["bytes=", "bytes=0-1,3-4", "lines=0-1", "bytes=0-" + "9" * 30, "bytes=a-b"]),
)


async def _made(bridge: Bridge, fate: Fate) -> Made:
    """A file of Alice's in the room, and what has become of it."""
    bridge.count += 1
    data = f"the secret number {bridge.count} ".encode() * 3
    alice = bridge.alice
    uri = await alice.upload(data, "text/plain", "a.txt")
    said = await alice.say(bridge.room, f"a file {bridge.count}")
    await bridge.quiet()
    source = encode(MatrixFile(uri, bridge.room, said))  # type: ignore[arg-type]  # as read
    file = Attachment(AttachmentKind.FILE, source, "", "text/plain")
    link = URL(await bridge.parts.media.links.link(file)).path.removeprefix(f"{PATH}/")
    if fate is Fate.REDACTED:
        await alice.redact(bridge.room, said)
        await bridge.quiet()
    return Made(link.partition(".")[0], data)


async def _read(bridge: Bridge, path: str, asked: str | None) -> tuple[int, Any, bytes]:
    url = URL(f"{bridge.rig.config.appservice.url}{PATH}/{path}", encoded=True)
    headers = {} if asked is None else {"Range": asked}
    async with ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, response.headers, await response.read()


def _names(path: str, link: str) -> bool:
    """Whether this is the very same address, but for how it is written or what it ends in."""
    name, dot, ending = unquote(path.partition("?")[0]).partition(".")
    return name == link and (not dot or (ending.isascii() and ending.isalnum() and len(ending) < 9))


@tries(40)
@given(
    fate=st.sampled_from([Fate.KEPT, *Fate]),
    bending=_BENDING,
    place=st.integers(0, 21),
    letter=_LETTERS,
    asked=_RANGES,
)
@example(fate=Fate.KEPT, bending=_itself, place=0, letter="A", asked="bytes=5-9")
@example(fate=Fate.EXPIRED, bending=_itself, place=0, letter="A", asked="bytes=5-9")
@example(fate=Fate.REDACTED, bending=_itself, place=0, letter="A", asked=None)
def test_only_the_link_itself_shows_the_file_and_only_while_it_may(
    bridge: Bridge, fate: Fate, bending: Any, place: int, letter: str, asked: str | None
) -> None:
    async def read() -> None:
        made = await _made(bridge, fate)
        path = bending(made.id, place, letter)
        late = LIFETIME + 1 if fate is Fate.EXPIRED else 0.0
        bridge.clock.jump(late)
        status, headers, body = await _read(bridge, path, asked)
        bridge.clock.jump(-late)
        if not _names(path, made.id) and bending is not _other_path:
            assert status in (400, 401, 404)
        elif fate is not Fate.KEPT:
            assert status in (401, 404, 410)
        elif status in (200, 206):
            assert body == _expected(made.data, asked, status, headers)
            return
        assert bending is not _itself or fate is not Fate.KEPT or status == 416
        assert made.data[:9] not in body

    bridge.run(read())


def _expected(data: bytes, asked: str | None, status: int, headers: Any) -> bytes:
    """The part that is asked for, and that the answer says it is."""
    try:
        span = asked_for(asked, len(data))
    except Unsatisfiable:
        raise AssertionError("bytes that are not there were served") from None
    assert (span is None) == (status == 200)
    if span is None:
        return data
    assert headers["Content-Range"] == f"bytes {span.start}-{span.end - 1}/{len(data)}"
    return data[span.start : span.end]


@tries(10)
@given(secret=st.binary(max_size=8), instance=st.text("abcdef0123456789", max_size=32))
def test_what_another_key_or_another_database_signs_is_no_link_here(
    bridge: Bridge, secret: bytes, instance: str
) -> None:
    async def read() -> None:
        made = await _made(bridge, Fate.KEPT)
        here = bridge.parts.store.instance
        assume(instance != here)
        link = await bridge.parts.media.links.find(made.id)
        words = (link.kind, link.mxc, link.name, link.room, link.event)
        ours = bridge.rig.config.appservice.signing_key
        assert Signer(ours, here).media_link(*words) == made.id
        for key, database in ((secret, here), (ours, instance)):
            status, _, body = await _read(bridge, Signer(key, database).media_link(*words), None)
            assert (status, made.data in body) == (404, False)

    bridge.run(read())


_WORDS = st.lists(TEXT, min_size=1, max_size=5)


@tries(100)
@given(one=_WORDS, other=_WORDS)
@example(one=["ab", "c"], other=["a", "bc"])
@example(one=["a", ""], other=["a"])
def test_no_two_things_have_the_same_link(one: list[str], other: list[str]) -> None:
    signer = Signer(b"secret", "instance")
    link = signer.media_link(*one)
    assert len(link) == 22
    assert not set(link) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert (signer.media_link(*other) == link) == (one == other)
    assert Signer(b"secret", "other").media_link(*one) != link
    assert Signer(b"other", "instance").media_link(*one) != link


@tries(60)
@given(
    bent(
        {
            "body": TEXT,
            "formatted_body": TEXT,
            "format": st.just("org.matrix.custom.html"),
            "m.new_content": ANYTHING,
        }
    )
)
def test_the_page_of_any_message_holds_nothing_but_allowed_html(content: dict[str, Any]) -> None:
    shown = page(content)
    if shown is not None:
        check(shown.partition("<body>")[2])
        shown.encode()
