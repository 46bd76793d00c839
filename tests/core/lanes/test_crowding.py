"""How many may wait: it is said, and at the limit nobody is told that something was taken."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import RetryLater
from bridgekit.ids import NetworkName, PortalID
from bridgekit.lanes.crowding import Crowding
from bridgekit.models import lane_to_matrix, lane_to_network
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import NETWORK, Rig


class Counted:
    """As `Waiting`, of which the test says how many there are."""

    waiting = 0

    def __init__(self, **settings: int) -> None:
        self.settings = WaitingSettings(**settings)
        self.crowding = Crowding(self, "loop", lambda: self.settings)

    def brought_by(self, origin: str) -> int:
        assert origin == "loop"
        return self.waiting

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


def test_a_limit_that_was_changed_meanwhile_is_in_force():
    counted = Counted(most=1000, warn=100)
    assert counted.admit(60) == []
    counted.settings = WaitingSettings(most=1000, warn=50)
    assert counted.admit(60) == ["many events wait"]
    counted.settings = WaitingSettings(most=50, warn=50)
    with pytest.raises(RetryLater, match="Too many"):
        counted.admit(60)


def test_at_the_limit_nothing_is_taken_and_it_is_said_once():
    counted = Counted(most=10, warn=100)
    with capture_logs() as logs:
        for counted.waiting in (10, 11):
            with pytest.raises(RetryLater, match="Too many"):
                counted.crowding.admit()
    assert [entry["event"] for entry in logs] == ["too many events wait: no more are taken"]
    assert counted.admit(9) == []


FAR = NetworkName("far")


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database, networks=(NETWORK, FAR)) as rig:
        rig.settings["waiting"] = WaitingSettings(most=3)
        rig.other_links = {FAR: (ChatLink(chat="#far"),)}
        yield rig


async def joined(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    return alice, await alice.join("#loop_#room:example.org")


def pushed(room, text):
    """A transaction with one message, and its answer."""
    content = {"msgtype": "m.text", "body": text}
    event = {"type": "m.room.message", "event_id": f"${text}", "room_id": room, "content": content}
    event |= {"sender": "@alice:example.org", "origin_server_ts": 0, "unsigned": {"age": 0}}
    return {"events": [event]}


async def test_at_the_limit_a_network_is_not_acknowledged_and_later_all_is_taken(rig):
    alice, room = await joined(rig)
    sends = rig.hs.delay("PUT", "/send/m.room.message/")
    for number in range(3):
        await rig.network.say("#room", "bob", f"bob {number}")
    with pytest.raises(RetryLater, match="Too many events wait"):
        await rig.network.say("#room", "bob", "one too many")
    sends.release()
    await alice.wait_for(room, lambda event: event["content"].get("body") == "bob 2")
    await rig.bridge.parts.queue.idle(lane_to_matrix(PortalID(1)))
    await rig.network.say("#room", "bob", "bob 3")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "bob 3")


async def test_a_network_that_floods_stops_neither_another_nor_what_is_for_it(rig):
    _, room = await joined(rig)
    while rig.bridge.parts.queue.waiting:
        await settle()
    rig.hs.delay("PUT", "/send/m.room.message/")
    for number in range(3):
        await rig.network.say("#room", "bob", f"bob {number}")
    await rig.kill()
    await rig.start()  # who brought them is known over a restart
    while rig.bridge.parts.queue.waiting < 3:
        await settle()
    with pytest.raises(RetryLater, match="Too many events wait"):
        await rig.network.say("#room", "bob", "one too many")
    await rig.networks[FAR].wait(lambda: bool(rig.networks[FAR].clients))
    await rig.networks[FAR].say("#far", "carol", "taken")
    assert await rig.hs.push_transaction("t", pushed(room, "hello")) == 200
    await rig.network.wait(lambda: "hello" in rig.network.texts())


async def test_at_the_limit_the_homeserver_is_not_acknowledged_but_a_network_is(rig):
    _, room = await joined(rig)
    rig.network.offline = True
    await rig.network.drop()
    for number in range(3):
        assert await rig.hs.push_transaction(f"t{number}", pushed(room, f"m{number}")) == 200
    await rig.bridge.parts.matrix.inbox.drained()
    assert rig.bridge.parts.matrix.inbox._ledger.refuses(), "so it is not even sorted"
    assert await rig.hs.push_transaction("full", pushed(room, "one too many")) == 500
    await rig.networks[FAR].say("#far", "carol", "taken")
    rig.network.offline = False
    await rig.network.wait(lambda: "m2" in rig.network.texts())
    await rig.bridge.parts.queue.idle(lane_to_network(PortalID(1)))
    assert await rig.hs.push_transaction("full", pushed(room, "one too many")) == 200
