"""What is said to the bridge is sealed before it is stored, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from bridgekit.commands.sealed import Opened, SealedWords, holds_sealed, still_sealed
from bridgekit.ids import RoomID
from bridgekit.matrix.late_answers import MARKER, NOTICE
from bridgekit.namespaces import Namespaces
from bridgekit.puppets.marks import PUPPET
from bridgekit.room.portals import Portals
from bridgekit.sealing import Sealing

OWN, BRIDGED = "!own:x", "!bridged:x"
ALICE, BOT = "@alice:x", "@bot:x"


class Bridged:
    """Knows one room that is bridged, and refuses to be asked about what no room can be called."""

    async def in_room(self, room: RoomID) -> tuple[str, ...]:
        assert "\0" not in room
        return ("portal",) if room == BRIDGED else ()


def said(body: str, **given: object) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": body, "formatted_body": f"<b>{body}</b>"}
    event = {"event_id": "$e", "type": "m.room.message", "room_id": OWN, "sender": ALICE}
    return {**event, "content": content, **given}


@pytest.fixture
def sealed() -> SealedWords:
    return sealing_with("!bridge")


def sealing_with(prefix: str) -> SealedWords:
    names = Namespaces("x", "bot", "bridgekit", frozenset())
    return SealedWords(Sealing([b"key"]), names, cast("Portals", Bridged()), prefix)


@pytest.mark.parametrize("body", ["hunter", "puppet-token hunter", "!bridge answer hunter"])
async def test_whatever_is_said_in_a_room_that_is_not_bridged_is_sealed_whole(sealed, body) -> None:
    hidden = await sealed.hidden({"events": [said(body)], "more": 1})
    assert "hunter" not in json.dumps(hidden)
    assert hidden["more"] == 1
    (event,) = hidden["events"]
    assert holds_sealed(event)
    prefix = "!bridge" if body.startswith("!") else None
    assert sealed.opened(event) == Opened(said(body)["content"], prefix, sealed=True)


@pytest.mark.parametrize(
    "body", ["!bridge puppet-token hunter", "  !Bridge pupet_token hunter", '!bridge\n"hunter"']
)
async def test_where_others_are_what_is_for_us_is_sealed_and_nothing_else(sealed, body) -> None:
    for_us, other = said(body, room_id=BRIDGED), said("puppet-token hunter", room_id=BRIDGED)
    hidden = await sealed.hidden({"events": [other, for_us]})
    assert hidden["events"][0] is other
    opened = Opened(for_us["content"], "!bridge", sealed=True)
    assert sealed.opened(hidden["events"][1]) == opened
    assert sealing_with("!new").opened(hidden["events"][1]) == opened, "as it was when it came"
    assert "hunter" not in json.dumps(hidden["events"][1])
    new = {"msgtype": "m.text", "body": "* x", "m.new_content": {"body": body}}
    edited = await sealed.hidden({"events": [said("", room_id=BRIDGED, content=new)]})
    assert "hunter" not in json.dumps(edited)


async def test_the_bridges_own_words_are_sealed_anywhere_and_stay_known(sealed) -> None:
    """An answer quotes somebody, shows a token, or leads to a page that nobody else may open."""
    for room in (OWN, BRIDGED):
        content = {**said("bkt_token")["content"], NOTICE: "n"}
        ours = said("", sender=BOT, room_id=room, content=content)
        hidden = await sealed.hidden({"events": [ours]})
        assert "bkt_token" not in json.dumps(hidden)
        assert hidden["events"][0]["content"][NOTICE] == "n"


async def test_what_a_network_said_is_stored_as_it_is(sealed) -> None:
    theirs = {**said("!bridge help")["content"], MARKER: "m"}
    as_herself = {**theirs, PUPPET: "signed"}
    ours = [said("", sender=BOT, content=theirs), said("", content=as_herself, room_id=BRIDGED)]
    assert await sealed.hidden({"events": ours}) is None


async def test_what_can_be_nobodys_word_is_left_as_it_is(sealed) -> None:
    odd = [said("x", type="m.reaction"), said("", content={}), said("", content=7), None, 7]
    odd += [said("x", room_id="!a\0:x"), said("x", event_id=None), said("x", sender=7)]
    assert await sealed.hidden({"events": odd}) is None
    assert await sealed.hidden({"events": "nonsense"}) is None
    forged = said("sealed:1:deadbeef:AAAA")
    assert sealed.opened(forged) == Opened(forged["content"])


async def test_what_was_sealed_with_another_key_is_told_from_what_somebody_wrote(sealed) -> None:
    (event,) = (await sealed.hidden({"events": [said("hunter")]}))["events"]
    assert still_sealed(event)
    assert not still_sealed({**event, "content": sealed.opened(event).content})
    for forged in ("sealed:1:", "sealed:1:deadbeef:AAAA", f"{event['content']['body']} is odd"):
        assert not still_sealed(said("", content={"msgtype": "m.text", "body": forged}))
    assert not still_sealed(said(event["content"]["body"]))


async def test_what_is_nested_too_deeply_to_be_written_is_nobodys_word(sealed) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    hidden = await sealed.hidden({"events": [said("", content={"body": "x", "a": deep})]})
    assert hidden["events"][0]["content"] == {}
