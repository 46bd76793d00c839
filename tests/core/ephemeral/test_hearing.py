"""What is read out of a transaction's ephemeral events, whoever wrote them."""

from __future__ import annotations

import pytest

from bridgekit.matrix.ephemeral import MOST, NowTyping, Read, heard

ROOM = "!r:x"


def receipt(content: object) -> dict[str, object]:
    return {"type": "m.receipt", "room_id": ROOM, "content": content}


def read_by(user: str, **data: object) -> dict[str, object]:
    return {"m.read": {user: data}}


TYPING = {"type": "m.typing", "room_id": ROOM, "content": {"user_ids": ["@a:x", "@b:x"]}}


@pytest.mark.parametrize("name", ["ephemeral", "de.sorunome.msc2409.ephemeral"])
def test_both_names_are_read(name):
    found = list(heard({name: [TYPING, receipt({"$e": read_by("@a:x", ts=1)})]}))
    assert found == [NowTyping(ROOM, frozenset({"@a:x", "@b:x"})), Read(ROOM, "@a:x", "$e")]


def test_what_comes_under_both_names_is_read_once():
    both = {"ephemeral": [TYPING], "de.sorunome.msc2409.ephemeral": [TYPING]}
    assert len(list(heard(both))) == 1


def test_rule_04_of_one_persons_receipts_the_latest_is_read():
    content = {
        "$old": read_by("@a:x", ts=1),
        "$new": read_by("@a:x", ts=3, thread_id="main"),
        "$middle": read_by("@a:x", ts=2),
    }
    assert list(heard({"ephemeral": [receipt(content)]})) == [Read(ROOM, "@a:x", "$new")]


def test_what_is_read_of_a_thread_alone_is_no_place_in_the_chat():
    content = {"$e": read_by("@a:x", ts=1, thread_id="$root")}
    assert list(heard({"ephemeral": [receipt(content)]})) == []


def test_private_receipts_are_nobodys_business():
    content = {"$e": {"m.read.private": {"@a:x": {"ts": 1}}}}
    assert list(heard({"ephemeral": [receipt(content)]})) == []


DEEP: list[object] = []
for _ in range(10_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        {},
        {"type": "m.typing"},
        {"type": "m.typing", "room_id": ROOM},
        {"type": "m.typing", "room_id": 7, "content": {"user_ids": []}},
        {"type": "m.typing", "room_id": ROOM, "content": {"user_ids": "@a:x"}},
        {"type": "m.typing", "room_id": "\ud800", "content": {"user_ids": []}},
        {"type": "m.presence", "content": {}},
        {"type": ["m.typing"], "room_id": ROOM, "content": {"user_ids": []}},
        receipt([]),
        receipt({"$e": []}),
        receipt({"$e": {"m.read": []}}),
        receipt({"$e": {"m.read": {"@a:x": None}}}),
        receipt({"$e": {"m.read": {"": {}}}}),
        receipt({"$e\0": read_by("@a:x")}),
        receipt({"$e": read_by("@" + "a" * 300)}),
        receipt({"$e": read_by("@a:x", thread_id=7)}),
        receipt({"$e": read_by("@a:x", thread_id=["main"])}),
        receipt({"$e": DEEP}),
    ],
)
def test_what_is_malformed_is_left_out_and_the_rest_is_read(bad):
    assert list(heard({"ephemeral": [bad, TYPING]}))[-1:] == [
        NowTyping(ROOM, frozenset({"@a:x", "@b:x"}))
    ]
    assert len(list(heard({"ephemeral": [bad]}))) == 0


@pytest.mark.parametrize("events", [None, 7, "text", {"a": 1}, True])
def test_ephemeral_events_that_are_no_list_are_left_out(events):
    assert list(heard({"ephemeral": events})) == []


@pytest.mark.parametrize("at", [None, "1", True, [], 1.5, -1])
def test_a_receipt_without_a_time_is_one(at):
    content = {"$e": read_by("@a:x", ts=at)}
    assert len(list(heard({"ephemeral": [receipt(content)]}))) == 1


def test_of_a_crowd_that_types_only_so_many_are_looked_at():
    users = [f"@{number}:x" for number in range(MOST + 10)]
    typing = {"type": "m.typing", "room_id": ROOM, "content": {"user_ids": [*users, 7, None]}}
    (found,) = heard({"ephemeral": [typing]})
    assert len(found.users) == MOST
