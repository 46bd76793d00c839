"""What is told anew when its key may be forgotten: known for what it became, or set aside."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bridgekit.ids import PortalID
from bridgekit.models import Direction, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.said import too_old
from bridgekit.store import sql
from bridgekit.testing.rig import NETWORK

DAY = 24 * 60 * 60 * 1000
NOW = 20_000 * DAY
OLD, YOUNG = 91 * DAY, 89 * DAY


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"origin_server_ts": NOW - OLD, "unsigned": {"age": OLD}}, True),
        ({"origin_server_ts": NOW - OLD}, True),
        ({"origin_server_ts": NOW - OLD, "unsigned": None}, True),
        ({"origin_server_ts": NOW - YOUNG}, False),
        # The clock of its sender's server is slow, or it tells of something long ago.
        ({"origin_server_ts": NOW - OLD, "unsigned": {"age": 40}}, False),
        ({"origin_server_ts": 0, "unsigned": {"age": 40}}, False),
        # It was on its way for long between two servers, one of which has no clock to speak of.
        ({"origin_server_ts": NOW, "unsigned": {"age": OLD}}, False),
        # Our own clock is slow.
        ({"origin_server_ts": NOW + OLD, "unsigned": {"age": 40}}, False),
        ({"origin_server_ts": "then", "unsigned": {"age": "old"}}, False),
        ({}, False),
    ],
)
def test_an_event_is_as_young_as_its_time_or_our_homeserver_makes_it(event, expected):
    assert too_old(event, NOW) is expected


class Told:
    """A bridge that has forgotten the keys of what alice said, and is told it anew."""

    def __init__(self, rig) -> None:
        self.rig, self.alice = rig, rig.hs.person("alice")

    async def begin(self):
        await self.rig.start()
        self.room = await self.alice.join("#loop_#room:example.org")
        event = await self.alice.say(self.room, "once")
        await self.rig.network.wait(lambda: self.rig.network.heard)
        await self.rig.hs.pushed()
        await self.rig.bridge.parts.matrix.inbox.drained()
        await self.rig.bridge.parts.queue.idle(lane_to_network(PortalID(1)))
        await self.rig.bridge.parts.store.writer.write(sql.Rows((text("DELETE FROM seen"), [{}])))
        return event

    def event(self, name, body="once", **fields):
        return {
            "event_id": name,
            "room_id": self.room,
            "sender": self.alice.user_id,
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": body},
            "origin_server_ts": 0,
            "unsigned": {"age": OLD},
            **fields,
        }

    async def anew(self, *events):
        """What the network has heard once it was told these, behind which nothing is lost."""
        await self.rig.hs.push_transaction("anew", {"events": list(events)})
        await self.alice.say(self.room, "end")
        await self.rig.network.wait(lambda: self.rig.network.texts()[-1:] == ["end"])
        return self.rig.network.texts()

    async def aside(self):
        return await self.rig.bridge.parts.store.reader.all(text("SELECT body, why FROM set_aside"))


@pytest.fixture
def told(rig):
    return Told(rig)


async def test_what_was_sent_is_known_by_what_it_became_when_its_key_is_forgotten(told):
    event = await told.begin()
    assert await told.anew(told.event(event)) == ["once", "end"]
    assert await told.aside() == []
    counts = told.rig.bridge.parts.status.counts
    assert counts[NETWORK, Direction.TO_NETWORK, Reason.DUPLICATE] == 1


async def test_what_is_older_than_keys_are_kept_and_unknown_is_set_aside(told):
    await told.begin()
    late = told.event("$late", "of a server that was away", unsigned={"age": 40})
    texts = await told.anew(told.event("$old", "long ago"), late)
    assert texts == ["once", "of a server that was away", "end"]
    ((body, why),) = await told.aside()
    assert '"$old"' in body
    assert "more than 90 days ago" in why


async def test_what_was_sent_to_a_network_without_ids_is_not_sent_again_either(told):
    told.rig.network.gives_ids = False
    event = await told.begin()
    assert await told.anew(told.event(event)) == ["once", "end"]
    assert len(await told.aside()) == 1


async def test_an_old_command_is_not_obeyed_a_second_time(told):
    await told.begin()
    command = told.event("$old", "!bridge help")
    assert await told.anew(command) == ["once", "end"]
    assert len(await told.aside()) == 1
    await told.rig.bridge.parts.matrix.inbox.drained()
    assert not [body for body in await told.alice.bodies(told.room) if "help" in body]
