"""How many may wait: it is said, and at the limit nobody is told that something was taken."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import RetryLater
from bridgekit.ids import PortalID
from bridgekit.lanes.crowding import Crowding
from bridgekit.models import lane_to_matrix
from bridgekit.testing.rig import Rig


class Counted:
    waiting = 0

    def __init__(self, **settings: int) -> None:
        self.crowding = Crowding(lambda: self.waiting, WaitingSettings(**settings))

    def admit(self, waiting: int) -> list[str]:
        """What the log says when something is brought while so many wait."""
        self.waiting = waiting
        with capture_logs() as logs:
            self.crowding.admit()
        return [entry["event"] for entry in logs]


def test_the_log_says_that_many_wait_and_says_it_again_when_it_is_twice_as_many():
    counted = Counted(most=1000, warn=10)
    assert counted.admit(9) == []
    assert counted.admit(10) == ["many events wait"]
    assert counted.admit(19) == []
    assert counted.admit(20) == ["many events wait"]
    assert counted.admit(6) == []
    assert counted.admit(4) == ["few events wait again"]
    assert counted.admit(3) == []
    assert counted.admit(12) == ["many events wait"]


def test_at_the_limit_nothing_is_taken_and_it_is_said_once():
    counted = Counted(most=10, warn=100)
    with capture_logs() as logs:
        for counted.waiting in (10, 11):
            with pytest.raises(RetryLater, match="Too many"):
                counted.crowding.admit()
    assert [entry["event"] for entry in logs] == ["too many events wait: no more are taken"]
    assert counted.admit(9) == []


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        rig.settings["waiting"] = WaitingSettings(most=3)
        yield rig


async def test_at_the_limit_neither_side_is_acknowledged_and_later_all_is_taken(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    sends = rig.hs.delay("PUT", "/send/m.room.message/")
    for number in range(3):
        await rig.network.say("#room", "bob", f"bob {number}")
    with pytest.raises(RetryLater, match="Too many events wait"):
        await rig.network.say("#room", "bob", "one too many")
    event = {"type": "m.room.message", "event_id": "$one", "room_id": room, "sender": "@a:b"}
    assert await rig.hs.push_transaction("full", {"events": [event]}) == 500
    sends.release()
    await alice.wait_for(room, lambda event: event["content"].get("body") == "bob 2")
    await rig.bridge.parts.queue.idle(lane_to_matrix(PortalID(1)))
    await rig.network.say("#room", "bob", "bob 3")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "bob 3")
