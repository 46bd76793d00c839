"""Answers of a homeserver, or of what stands in front of it: each is an answer or an error."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.cli.asking import _object
from bridgekit.errors import RetryLater
from bridgekit.matrix.api import PATIENCE, Refused, encoded, made, meaning, parsed, pause
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent

_ERROR = bent({"errcode": TEXT, "error": TEXT, "retry_after_ms": ANYTHING, "event_id": TEXT})
_BODIES = st.binary(max_size=60) | (_ERROR | ANYTHING).map(lambda value: json.dumps(value).encode())
_HEADERS = st.dictionaries(
    st.just("Retry-After"), TEXT | st.sampled_from(["5", "0", "-1", "²", "9" * 5000, "1e9"])
)


def nested(depth: int) -> bytes:
    return b'{"error": ' + b"[" * depth + b"]" * depth + b"}"


@tries(80)
@given(status=st.integers(100, 599), body=_BODIES, headers=_HEADERS, reads=st.booleans())
@example(status=429, body=b'{"retry_after_ms": NaN}', headers={}, reads=False)
@example(status=429, body=b'{"retry_after_ms": Infinity}', headers={}, reads=False)
@example(status=500, body=b'{"error": ' + b"9" * 5000 + b"}", headers={}, reads=True)
@example(status=400, body=nested(980), headers={}, reads=True)
@example(status=400, body=nested(100_000), headers={}, reads=True)
def test_any_answer_of_a_homeserver_is_understood_or_an_error_of_one_line(
    status: int, body: bytes, headers: dict[str, str], *, reads: bool
) -> None:
    answer = parsed(body) or {}
    error = meaning(status, answer, headers, reads=reads)
    assert isinstance(error, RetryLater | Refused)
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert 0 < pause(answer, headers) <= PATIENCE
    if isinstance(answer.get("event_id"), str):
        assert made(answer) == answer["event_id"]
    assert _object(body) in (None, answer)  # as `doctor` reads it


@tries(60)
@given(st.dictionaries(TEXT, ANYTHING, max_size=4))
def test_whatever_is_sent_to_a_homeserver_is_json_that_it_can_store(
    content: dict[str, Any],
) -> None:
    body = encoded(content)
    body.decode()
    assert rb"\u0000" not in body.replace(rb"\\", b"")
    assert isinstance(json.loads(body), dict)
