"""JSON from the homeserver: read by what Python has made for it, and where that gives up, too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.matrix import reading
from bridgekit.matrix.reading import read_json
from tests.fuzz.effort import tries

LONG = "7" * 5000  # digits: more than Python turns into a number

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@tries(100)
@given(VALUES)
def test_what_is_read_is_what_was_written(value: object) -> None:
    text = json.dumps(value)
    assert read_json(text) == value == json.loads(text, parse_int=reading._number)


def test_a_number_that_is_too_long_stays_its_digits_and_the_rest_is_read() -> None:
    assert read_json(f'{{"a": {LONG}, "b": [1, -{LONG}], "c": 1.5}}') == {
        "a": LONG,
        "b": [1, f"-{LONG}"],
        "c": 1.5,
    }


@pytest.mark.parametrize("text", ["", "{", '{"a": 1,}', "\ufeff{}", "[1] 2", f"[{LONG}"])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_json(text)


def test_a_decoder_of_its_own_is_made_for_such_a_number_alone(monkeypatch) -> None:
    made: list[Any] = []

    class Decoder(json.JSONDecoder):
        def __init__(self, **how: Any) -> None:
            made.append(how)
            super().__init__(**how)

    monkeypatch.setattr(json, "JSONDecoder", Decoder)
    read_json('{"origin_server_ts": 1, "content": {}}')
    assert made == []
    read_json(LONG)
    assert made == [{"parse_int": reading._number}]
