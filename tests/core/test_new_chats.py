"""Chats that others begin with the bridge's own login: who is in their rooms, and how many come."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.room.new_chats import NewChats
from bridgekit.testing.clock import VirtualClock


def test_without_people_to_invite_no_room_is_made() -> None:
    assert not NewChats(InboxSettings, VirtualClock()).opens()


def test_rooms_are_made_only_so_fast() -> None:
    clock = VirtualClock()
    settings = InboxSettings(invite=("@help:example.org",), rooms_per_minute=3)
    chats = NewChats(lambda: settings, clock)
    assert [chats.opens() for _ in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize("name", ["help", "@help", "#room:example.org"])
def test_who_is_invited_is_a_person_on_matrix(name: str) -> None:
    with pytest.raises(ValidationError, match="nobody on Matrix"):
        InboxSettings(invite=(name,))
