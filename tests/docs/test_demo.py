"""What the demo calls right: every line once, or its sender was told that it may be lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from demo.reading import doubted
from demo.stage import Stage
from demo.verdict import verdict

SAID = ["one", "two", "three"]


def said(event: str, body: str) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": body}
    return {"event_id": event, "type": "m.room.message", "sender": "@alice:x", "content": content}


def told(of: str, body: str = "⚠ Your message may not have been bridged.") -> dict[str, Any]:
    """What the bridge answers to an event."""
    content = {
        "msgtype": "m.notice",
        "body": body,
        "m.relates_to": {"m.in_reply_to": {"event_id": of}},
    }
    return {"event_id": "$told", "type": "m.room.message", "sender": "@bot:x", "content": content}


def stage(heard: list[str], *notices: dict[str, Any]) -> Stage:
    """On which alice has said all of it, and this was heard on IRC."""
    events = [*(said(f"${text}", text) for text in SAID), *notices]

    async def messages(_room: str) -> list[dict[str, Any]]:
        return events

    parts: Any = SimpleNamespace(
        messages=messages, texts=lambda *_: heard, matrix=lambda *_: None, nick="rosa"
    )
    made = Stage(parts, parts, parts, parts, parts, irc=list(SAID))
    for event in events:
        made.show(event, "")
    return made


@pytest.mark.parametrize("heard", [["one", "three"], ["one", "two", "three"]])
async def test_what_its_sender_was_told_may_be_lost_may_be_there_or_not(heard):
    place = stage(heard, told("$two"))
    assert place.doubted == {"two"}
    assert await verdict(place) == []


@pytest.mark.parametrize(
    ("heard", "notices"),
    [
        (["one", "three"], []),
        (["one", "three"], [told("$one")]),
        (["one", "two", "two", "three"], [told("$two")]),
        (["two", "one", "three"], []),
        (["one", "two", "three"], [told("$two", "Your message was not bridged.")]),
    ],
)
async def test_what_is_lost_without_a_word_doubled_disordered_or_refused_is_a_fault(heard, notices):
    assert await verdict(stage(heard, *notices))


def test_other_events_say_nothing_of_doubt():
    assert doubted(said("$one", "may not have been bridged"), {}) == set()
