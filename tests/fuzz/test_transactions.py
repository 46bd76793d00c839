"""Transactions of a homeserver that takes anything from anybody: each is answered and dealt with.

Every type of event is in them, with every field that the bridge reads bent in some way.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import Bridge
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent

ALICE, GHOST, BOT = "@alice:example.org", "@loop_bob:example.org", "@bridgebot:example.org"
_PEOPLE = st.sampled_from(
    [ALICE, ALICE, ALICE, GHOST, BOT, "@carol:other.org", "@loop_:example.org"]
)
# Alice's last message and one of the network's, a poll of hers; and what is nothing.
_THERE = st.sampled_from(["SAID", "SAID", "BROUGHT", "ASKED"])
_TARGETS = _THERE | st.sampled_from(["$nothing", "", "$" + "x" * 300]) | TEXT
_URIS = (
    st.sampled_from(["mxc://example.org/a", "mxc://", "mxc://a/../b", "https://x.y/z", ""]) | TEXT
)
_FILE = bent(
    {"url": _URIS, "key": bent({"k": TEXT, "alg": TEXT}), "iv": TEXT, "hashes": ANYTHING, "v": TEXT}
)
_RELATION = bent(
    {
        "rel_type": st.sampled_from(["m.replace", "m.thread", "m.annotation", "m.reference", "x"]),
        "event_id": _TARGETS,
        "key": TEXT,
        "is_falling_back": st.booleans(),
        "m.in_reply_to": bent({"event_id": _TARGETS}),
    }
)
_INFO = bent(
    {"mimetype": TEXT, "size": ANYTHING, "w": ANYTHING, "h": ANYTHING, "duration": ANYTHING}
)
_SAID: dict[str, st.SearchStrategy[Any]] = {
    "msgtype": st.sampled_from(
        [
            "m.text",
            "m.emote",
            "m.notice",
            "m.image",
            "m.file",
            "m.audio",
            "m.video",
            "m.location",
            "x",
        ]
    ),
    "body": TEXT,
    "format": st.just("org.matrix.custom.html"),
    "formatted_body": TEXT,
    "filename": TEXT,
    "url": _URIS,
    "file": _FILE,
    "info": _INFO,
    "geo_uri": st.sampled_from(["geo:1,2", "geo:1,2;u=3", "geo:", "geo:nan,inf", "geo:1e999,2"])
    | TEXT,
    "m.mentions": bent({"user_ids": st.lists(TEXT, max_size=3), "room": st.booleans()}),
    "m.relates_to": _RELATION,
    "com.beeper.per_message_profile": bent({"id": TEXT, "displayname": TEXT}),
    "org.matrix.msc3245.voice": ANYTHING,
    "dev.bridgekit.marker": TEXT,
}
_MESSAGE = bent({**_SAID, "m.new_content": bent(_SAID)})
_ANSWERS = st.lists(bent({"id": TEXT, "m.text": TEXT, "org.matrix.msc1767.text": TEXT}), max_size=3)
_CHOSEN = st.lists(st.sampled_from(["0", "1"]) | TEXT, min_size=1, max_size=3)
_POLL = bent(
    {
        "question": bent({"m.text": TEXT, "org.matrix.msc1767.text": TEXT, "body": TEXT}),
        "answers": _ANSWERS,
        "max_selections": ANYTHING,
        "kind": TEXT,
    }
)
_CONTENTS: dict[str, st.SearchStrategy[Any]] = {
    "m.room.message": _MESSAGE,
    "m.sticker": _MESSAGE,
    "m.room.encrypted": bent({"algorithm": TEXT, "ciphertext": ANYTHING}),
    "m.reaction": bent({"m.relates_to": _RELATION}),
    "m.room.redaction": bent({"redacts": _TARGETS, "reason": TEXT}),
    "m.room.member": bent(
        {
            "membership": st.sampled_from(["join", "leave", "ban", "invite", "knock", "x"]),
            "displayname": TEXT,
        }
    ),
    "m.room.power_levels": bent(
        {
            "users": st.dictionaries(TEXT, ANYTHING, max_size=2),
            "events": ANYTHING,
            "users_default": ANYTHING,
        }
    ),
    "m.room.pinned_events": bent({"pinned": st.lists(_TARGETS, max_size=3)}),
    "m.room.name": bent({"name": TEXT}),
    "m.room.topic": bent({"topic": TEXT}),
    "m.room.avatar": bent({"url": _URIS}),
    "m.room.tombstone": bent({"body": TEXT, "replacement_room": TEXT}),
    "m.room.create": ANYTHING,
    "m.room.encryption": ANYTHING,
    "m.poll.start": bent({"m.poll": _POLL}),
    "org.matrix.msc3381.poll.start": bent({"org.matrix.msc3381.poll.start": _POLL}),
    "org.matrix.msc3381.poll.response": bent(
        {"m.relates_to": _RELATION, "org.matrix.msc3381.poll.response": bent({"answers": _CHOSEN})}
    ),
    "org.matrix.msc3381.poll.end": bent({"m.relates_to": _RELATION}),
    "m.call.invite": ANYTHING,
}
_STATE = {kind for kind in _CONTENTS if kind.startswith("m.room.")} - {
    *("m.room.message", "m.room.encrypted", "m.room.redaction")
}


def _event(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    people = _PEOPLE | TEXT
    state_key = {"state_key": people if kind == "m.room.member" else st.sampled_from(["", "x"])}
    return bent(
        {
            "event_id": st.integers(1, 10**9).map("$fuzz-{}".format),
            "room_id": st.just("ROOM") | st.just("ROOM") | st.just("ROOM") | TEXT,
            "sender": people,
            "type": st.just(kind),
            "content": _CONTENTS[kind],
            "origin_server_ts": st.integers(0, 2**45) | ANYTHING,
            "unsigned": bent({"prev_content": ANYTHING, "m.relations": ANYTHING, "age": ANYTHING}),
            "redacts": _TARGETS,
            **(state_key if kind in _STATE else {}),
        }
    )


_EVENTS = st.sampled_from(sorted(_CONTENTS)).flatmap(_event) | ANYTHING
_EPHEMERAL = (
    bent(
        {
            "type": st.sampled_from(["m.typing", "m.receipt", "m.presence"]),
            "room_id": st.just("ROOM") | TEXT,
            "content": bent(
                {
                    "user_ids": st.lists(_PEOPLE | TEXT, max_size=3),
                    "$1": bent(
                        {"m.read": bent({ALICE: bent({"ts": ANYTHING, "thread_id": TEXT})})}
                    ),
                }
            )
            | ANYTHING,
        }
    )
    | ANYTHING
)
_TRANSACTIONS = bent(
    {
        "events": st.lists(_EVENTS, max_size=6),
        "ephemeral": st.lists(_EPHEMERAL, max_size=3),
        "de.sorunome.msc2409.ephemeral": st.lists(_EPHEMERAL, max_size=2),
        "de.sorunome.msc2409.to_device": ANYTHING,
        "org.matrix.msc3202.device_lists": ANYTHING,
    }
)


_VOTED = "org.matrix.msc3381.poll.response"
_ABOUT: dict[str, st.SearchStrategy[Any]] = {
    "m.room.message": st.fixed_dictionaries({"rel_type": st.just("m.replace"), "event_id": _THERE})
    | st.fixed_dictionaries({"m.in_reply_to": bent({"event_id": _THERE})})
    | _RELATION,
    "m.reaction": st.fixed_dictionaries(
        {"rel_type": st.just("m.annotation"), "event_id": _THERE, "key": TEXT}
    ),
    "m.room.redaction": st.none(),
    _VOTED: st.just({"rel_type": "m.reference", "event_id": "ASKED"}),
    "org.matrix.msc3381.poll.end": st.just({"rel_type": "m.reference", "event_id": "ASKED"}),
}


@st.composite
def _about(draw: st.DrawFn) -> dict[str, Any]:
    """An event of Alice's that is about one that is there, however the rest of it is bent."""
    kind = draw(st.sampled_from(["m.room.message"] * 5 + ["m.reaction", _VOTED] * 2 + [*_ABOUT]))
    known = {"m.relates_to": draw(_ABOUT[kind]), "redacts": draw(_THERE)}
    content = draw(_CONTENTS[kind]) | known
    said = {"room_id": "ROOM", "sender": ALICE, "type": kind, "content": content}
    return draw(_event(kind)) | said


async def _there(bridge: Bridge) -> dict[str, str]:
    """What is there to be about."""
    alice, room, text = bridge.alice, bridge.room, f"brought {bridge.count}"
    said = await alice.say(room, "said")
    asked = await alice.poll(room, "Tea?", "yes", "no")
    await bridge.rig.network.say("#room", "bob", text, id=text)
    brought = await alice.wait_for(room, lambda event: event["content"].get("body") == text)
    await bridge.quiet()
    return {"ROOM": room, "SAID": said, "ASKED": asked, "BROUGHT": brought["event_id"]}


def _placed(value: Any, names: dict[str, str]) -> bytes:
    """As it is sent: in the room that is bridged, about what is there."""
    text = json.dumps(value)
    for name, known in names.items():
        text = text.replace(json.dumps(name), json.dumps(known))
    return text.encode()


@tries(30)
@given(number=st.integers(0, 10**9), body=_TRANSACTIONS)
def test_a_transaction_of_anything_is_taken_and_talk_goes_on(
    bridge: Bridge, number: int, body: dict[str, Any]
) -> None:
    async def pushed() -> None:
        data = _placed(body, await _there(bridge))
        status = await bridge.rig.hs.push_transaction(f"fuzz {number}", data)
        assert status == 200
        await bridge.well()

    bridge.run(pushed())


@tries(30)
@given(events=st.lists(_about(), min_size=1, max_size=4))
def test_what_is_about_something_that_is_there_is_taken_and_talk_goes_on(
    bridge: Bridge, events: list[dict[str, Any]]
) -> None:
    async def pushed() -> None:
        there, name = await _there(bridge), f"$about-{bridge.count}"
        named = [event | {"event_id": f"{name}-{at}"} for at, event in enumerate(events)]
        data = _placed({"events": named}, there)
        assert await bridge.rig.hs.push_transaction(name, data) == 200
        await bridge.well()

    bridge.run(pushed())


@tries(20)
@given(data=st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_a_transaction_of_any_bytes_is_answered_and_talk_goes_on(
    bridge: Bridge, data: bytes
) -> None:
    async def pushed() -> None:
        status = await bridge.rig.hs.push_transaction("bytes", data)
        assert status in (200, 400)
        await bridge.well()

    bridge.run(pushed())


@pytest.mark.parametrize("depth", [100, 900, 5_000, 60_000])
def test_however_deep_it_is_nested_a_transaction_is_taken(bridge: Bridge, depth: int) -> None:
    async def pushed() -> None:
        data = b'{"events": [' + b"[" * depth + b"]" * depth + b"]}"
        assert await bridge.rig.hs.push_transaction("deep", data) == 200
        await bridge.well()

    bridge.run(pushed())
