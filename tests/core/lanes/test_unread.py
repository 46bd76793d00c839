"""Which rooms have something left of an earlier process, before all lanes are read."""

from __future__ import annotations

from bridgekit.ids import RoomID
from bridgekit.lanes.earlier import Unread
from bridgekit.models import lane_of_room

LEFT, NEW, OTHER = (lane_of_room(RoomID(f"!{name}:example.org")) for name in ("a", "b", "c"))


class Jobs:
    async def in_rooms(self):
        return {LEFT}


async def test_what_was_left_and_what_is_stored_meanwhile_counts_until_all_lanes_are_read():
    unread = Unread(Jobs())
    await unread.recall()
    unread.add(NEW)
    assert [lane in unread for lane in (LEFT, NEW, OTHER)] == [True, True, False]
    assert not unread.over.is_set()
    unread.read()
    assert [lane in unread for lane in (LEFT, NEW, OTHER)] == [False, False, False]
    assert unread.over.is_set()
