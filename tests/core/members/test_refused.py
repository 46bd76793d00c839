"""What a room has refused is not asked for again soon: in that room."""

from __future__ import annotations

from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.membership.whereabouts import BELIEVED, Whereabouts
from bridgekit.store.members import MemberRows
from bridgekit.store.store import open_store
from bridgekit.testing.clock import VirtualClock

BOB, OLD, NEW = UserID("@loop_bob:x"), RoomID("!old:x"), RoomID("!new:x")


async def test_what_one_room_refused_says_nothing_of_the_next(database):
    """The answer of the old one may come late, when the chat has another room by now."""
    clock, refused = VirtualClock(), Refused("No", "M_FORBIDDEN", 403)
    async with open_store(database, clock) as store:
        where = Whereabouts(MemberRows(store.reader), store.writer, clock)
        where.refused(OLD, BOB, refused)
        assert where.refusal(OLD, BOB) is refused
        assert where.refusal(NEW, BOB) is None
        await clock.advance(BELIEVED)
        assert where.refusal(OLD, BOB) is None
