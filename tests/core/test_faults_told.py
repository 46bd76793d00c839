"""What an author reads of a warning: each thing once."""

from __future__ import annotations

import pytest

from bridgekit.errors import RetryLater
from bridgekit.testing.faults import logged

pytestmark = pytest.mark.sqlite


def test_a_reason_that_is_what_the_error_says_is_not_said_twice() -> None:
    error = RetryLater("The homeserver cannot be reached")
    fields = {"event": "a room is not shown", "room": "!a:b", "why": str(error)}
    (line,) = logged("a room is not shown", fields, error)
    assert line == "a room is not shown, room: !a:b: RetryLater: The homeserver cannot be reached"


def test_a_reason_of_another_kind_stays() -> None:
    (line,) = logged("refused", {"why": "it is full"}, RetryLater("later"))
    assert line == "refused, why: it is full: RetryLater: later"
    assert logged("refused", {"why": "it is full"}, None) == ["refused, why: it is full"]
