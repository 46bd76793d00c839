"""Stored records: what is stored comes back, and what is damaged is said to be."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import is_dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit import events, facts
from bridgekit.codec import _TYPES, BrokenRecord, dump, dump_event, load, load_event
from bridgekit.richtext import canonical
from tests.core.richtext.test_properties import ANY_TREE
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, JSON, TEXT

_TREE = ANY_TREE.map(canonical)
_INT = st.integers(-(2**60), 2**60)
_MOMENT = st.integers(-(10**12), 4 * 10**12).map(lambda ms: {"$": "at", "ms": ms})
_NAMES = st.sampled_from([*_TYPES, "at", "bytes", "Nobody"])


_SAMPLES: st.SearchStrategy[Any] = st.one_of(
    st.builds(events.Message, text=_TREE, reply_to=st.none() | TEXT, thread=st.none() | TEXT),
    st.builds(events.Edit, TEXT, st.builds(events.Message, _TREE), st.none() | TEXT),
    st.builds(events.Deletion, TEXT),
    st.builds(events.Reaction, TEXT, TEXT, removed=st.booleans()),
    st.builds(events.Pin, TEXT, removed=st.booleans()),
    st.builds(events.Poll, TEXT, st.lists(TEXT, max_size=3).map(tuple)),
    st.builds(events.Vote, TEXT, st.lists(st.integers(0, 9), max_size=3).map(tuple)),
    st.builds(events.Location, st.floats(-90, 90), st.floats(-180, 180), TEXT),
    st.builds(events.Unsupported, TEXT),
    st.builds(events.Membership, TEXT, st.sampled_from(events.MemberState), TEXT),
    st.builds(events.ChatChange, st.builds(facts.ChatInfo, name=st.none() | TEXT)),
)
# As a bad disk, a bad release or a bad hand leaves it.
_DAMAGED = st.one_of(
    ANYTHING.map(lambda value: {"v": 1, "r": value}),
    st.builds(
        lambda name, fields: {"v": 1, "r": {"$": name, **fields}},
        _NAMES,
        st.dictionaries(st.sampled_from(["text", "target", "ms", "hex", "content", "chat"]), JSON),
    ),
    st.builds(lambda value, version: {"v": version, "r": value}, JSON, JSON),
    ANYTHING,
).map(json.dumps)


@tries(40)
@given(_SAMPLES)
def test_what_is_stored_comes_back(content: Any) -> None:
    assert is_dataclass(content)
    stored = dump(content)
    stored.encode()
    assert load(stored) == content


@tries(60)
@given(_DAMAGED | TEXT | st.binary(max_size=40).map(lambda data: data.decode("latin-1")))
@example('{"v":1,"r":{"$":"at","ms":1e999}}')
@example('{"v":1,"r":{"$":"at","ms":99999999999999999}}')
@example('{"v":1,"r":{"$":"bytes","hex":"0"}}')
@example('{"v":1,"r":{"$":"Message","text":[{"$":"Text"}]}}')
def test_a_damaged_record_is_said_to_be_one(stored: str) -> None:
    with suppress(BrokenRecord):
        load(stored)
    with suppress(BrokenRecord):
        assert isinstance(load_event(stored), dict)


@tries(40)
@given(_SAMPLES, st.data())
def test_a_record_that_lost_a_piece_is_read_or_said_to_be_broken(
    content: Any, data: st.DataObject
) -> None:
    stored = dump(content)
    start = data.draw(st.integers(0, len(stored)))
    end = data.draw(st.integers(start, len(stored)))
    with suppress(BrokenRecord):
        load(stored[:start] + data.draw(TEXT) + stored[end:])


@tries(40)
@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_an_event_comes_back(event: dict[str, Any]) -> None:
    assert load_event(dump_event(event)) == event
