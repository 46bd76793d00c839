"""What a homeserver says it can do, also where it says nonsense."""

import pytest

from bridgekit.matrix.capabilities import room_versions


def test_room_versions_are_in_order_with_how_sure_they_are() -> None:
    available = {"10": "stable", "org.example.x": "unstable", "9": "stable"}
    answer = {"capabilities": {"m.room_versions": {"default": "10", "available": available}}}
    assert list(room_versions(answer).items()) == [
        ("9", "stable"),
        ("10", "stable"),
        ("org.example.x", "unstable"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"capabilities": None},
        {"capabilities": {"m.room_versions": []}},
        {"capabilities": {"m.room_versions": {"available": ["12"]}}},
    ],
)
def test_a_homeserver_that_does_not_say_is_not_guessed_at(answer: dict[str, object]) -> None:
    assert room_versions(answer) == {}
