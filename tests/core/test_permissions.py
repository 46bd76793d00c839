"""The level of a Matrix user."""

import pytest

from bridgekit.ids import UserID
from bridgekit.login.permissions import Level, level_of

PERMISSIONS = {
    "*": Level.RELAY,
    "example.org": Level.USER,
    "example.org:8448": Level.RELAY,
    "@admin:example.org": Level.ADMIN,
    "@spammer:example.org": Level.BLOCK,
}


@pytest.mark.parametrize(
    ("user", "level"),
    [
        ("@admin:example.org", Level.ADMIN),
        ("@spammer:example.org", Level.BLOCK),
        ("@alice:example.org", Level.USER),
        ("@alice:example.org:8448", Level.RELAY),
        ("@alice:sub.example.org", Level.RELAY),
        ("@admin:evil.org", Level.RELAY),
        ("@ADMIN:example.org", Level.USER),
    ],
)
def test_the_most_specific_permission_wins(user: str, level: Level) -> None:
    assert level_of(UserID(user), PERMISSIONS) is level


def test_who_is_not_covered_is_blocked() -> None:
    assert level_of(UserID("@alice:other.org"), {"example.org": Level.ADMIN}) is Level.BLOCK
    assert level_of(UserID("@alice:other.org"), {}) is Level.BLOCK


def test_levels_are_ordered_by_what_they_allow_not_by_name() -> None:
    assert sorted(Level) == [Level.BLOCK, Level.RELAY, Level.USER, Level.ADMIN]
    assert Level.ADMIN > Level.USER >= Level.USER > Level.RELAY
    assert Level.BLOCK <= Level.RELAY < Level.ADMIN
    assert not Level.ADMIN < Level.RELAY
