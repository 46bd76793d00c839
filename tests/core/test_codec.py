"""Records to JSON and back: everything that can be stored, and nothing that was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridgekit import codec, facts
from bridgekit.codec import BrokenRecord
from bridgekit.events import Location, Membership, MemberState, Message, Poll, Raw, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.richtext.nodes import Text

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
TIMES = st.datetimes(timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


def values(kind: type[Any]) -> st.SearchStrategy[Any]:
    if kind.__name__ in ("RemoteEvent", "MatrixEvent"):
        contents = st.one_of(*(st.from_type(one) for one in (Message, Poll, Location, Membership)))
        return st.builds(kind, content=contents)
    return st.from_type(kind)


@pytest.fixture
def _any_values() -> Iterator[None]:
    """Any text, lone surrogates too; times as they are stored."""
    st.register_type_strategy(str, st.text(st.characters(), max_size=6))
    st.register_type_strategy(datetime, TIMES)
    st.register_type_strategy(float, st.floats(allow_nan=False))
    yield
    st.register_type_strategy(str, st.text())
    st.register_type_strategy(datetime, st.datetimes())
    st.register_type_strategy(float, st.floats())


@pytest.mark.usefixtures("_any_values")
@pytest.mark.parametrize("name", sorted(codec._TYPES))
def test_every_record_comes_back_as_it_was(name: str) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(codec._TYPES[name]))
    def there_and_back(record: Any) -> None:
        stored = codec.dump(record)
        assert stored.isascii()
        again = codec.load(stored)
        assert again == record
        assert codec.dump(again) == stored

    there_and_back()


def test_what_has_its_default_is_left_out() -> None:
    assert json.loads(codec.dump(Message((Text("hi"),)))) == {
        "v": 1,
        "r": {"$": "Message", "text": [{"$": "Text", "text": "hi"}]},
    }


def test_a_time_is_kept_to_the_millisecond_and_in_utc() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=5))) + timedelta(microseconds=300)
    event = RemoteEvent(Chat("c"), "bob", Message((Text("x"),)), at=there)  # type: ignore[arg-type]
    at = codec.load(codec.dump(event)).at
    assert at == MOMENT
    assert at.tzinfo is UTC


def test_enums_come_back_as_such() -> None:
    change = codec.load(codec.dump(Membership("bob", MemberState.BAN, rank=facts.Rank.ADMIN)))  # type: ignore[arg-type]
    assert change.state is MemberState.BAN
    assert change.rank is facts.Rank.ADMIN


def test_bytes_come_back_as_such() -> None:
    raw = Raw(Chat("c"), "k", bytes(range(256)))  # type: ignore[arg-type]
    assert codec.load(codec.dump(raw)).body == bytes(range(256))


def test_text_that_looks_like_a_record_stays_text() -> None:
    text = '{"$":"Bold","children":[]}'
    assert codec.load(codec.dump(Text(text))) == Text(text)


def test_a_matrix_event_is_stored_as_it_is() -> None:
    event = {"content": {"$": "Text", "deep": {"$": "at"}, "n": 1.5, "z": None, "s": "\ud800"}}
    assert codec.load_event(codec.dump_event(event)) == event


@pytest.mark.parametrize(
    "stored",
    [
        *("", "null", "5", "[]", "{}", '{"v":1}', '{"r":{}}', '{"v":1,"e":{}}', "{not json"),
        '{"v":2,"r":{"$":"Text","text":"x"}}',
        '{"v":1,"r":{"$":"Nonsense"}}',
        '{"v":1,"r":{"$":"Text"}}',
        '{"v":1,"r":{"$":"Text","text":"x","more":1}}',
        '{"v":1,"r":{"text":"x"}}',
        '{"v":1,"r":{"$":"Membership","user":"bob","state":"flying"}}',
        '{"v":1,"r":{"$":"Membership","user":"bob","state":["join"]}}',
        '{"v":1,"r":{"$":"at","ms":100000000000000000000}}',
        '{"v":1,"r":{"$":"at","ms":"now"}}',
        '{"v":1,"r":{"$":"bytes","hex":"xyz"}}',
        '{"v":1,"r":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"v":1,"r":' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_what_is_no_record_is_said_to_be_broken(stored: str) -> None:
    try:
        record = codec.load(stored)
    except BrokenRecord as error:
        assert str(error)  # noqa: PT017 (either it is broken, or it is harmless)
    else:
        assert isinstance(record, tuple)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["$", "ms", "hex", "text"]), inner)
        ),
    )
)
def test_no_json_makes_it_fail_otherwise(value: Any) -> None:
    with suppress(BrokenRecord):
        codec.load(json.dumps({"v": 1, "r": value}))


@pytest.mark.parametrize("stored", ['{"v":1,"e":[]}', '{"v":1,"e":"x"}', '{"v":1,"r":{}}', "x"])
def test_what_is_no_event_is_said_to_be_broken(stored: str) -> None:
    with pytest.raises(BrokenRecord):
        codec.load_event(stored)


def test_another_release_is_named() -> None:
    with pytest.raises(BrokenRecord, match="record version 2"):
        codec.load('{"v":2,"r":{"$":"Text","text":"x"}}')
