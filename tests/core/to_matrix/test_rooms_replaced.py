"""What may have been sent into a room that its chat has left since is not shown a second time."""

from __future__ import annotations

import pytest

from bridgekit.facts import Chat
from bridgekit.ids import ChatID, PortalKey
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import BOT
from tests.core.linking.test_upgrades import followed, opened, upgraded

CHAT = ChatID("#room")


@pytest.fixture
async def doubted(rig):
    """A message is in Alice's room; the bridge cannot find out that it is."""
    rig.alice = rig.hs.person("alice")
    rig.old = await opened(rig, rig.alice)
    answer = rig.hs.delay("PUT", "/send/")
    await rig.network.say(CHAT, "bob", "one", id="m1")
    await answer.reached.wait()
    await rig.kill()
    world = rig.hs.world
    told, world.on_event = world.on_event, []  # as after a restored backup: nobody pushes it
    answer.release()
    await rig.alice.wait_for(rig.old, lambda event: event["content"].get("body") == "one")
    world.on_event = told
    rig.links = ()
    await rig.hs.restart()  # it forgets that it took it
    rig.look = rig.hs.fail("GET", "/messages", status=429, retry_after_ms=100, times=None)
    await rig.start()
    await rig.hs.wait_for(lambda: rig.look.struck)
    return rig


async def shown_once(rig, new):
    rig.look.clear()
    await rig.network.say(CHAT, "bob", "two", id="m2")
    await rig.alice.wait_for(new, lambda event: event["content"].get("body") == "two")
    shown = [await rig.alice.bodies(room) for room in (rig.old, new)]
    assert [bodies.count("one") for bodies in shown] == [1, 0]


async def test_rule_14_what_is_in_doubt_is_looked_for_in_the_room_that_was_replaced(doubted):
    new = await upgraded(doubted.alice, doubted.old)
    await followed(doubted, doubted.old)
    await shown_once(doubted, new)


async def test_rule_14_what_is_in_doubt_is_looked_for_where_its_chat_was_linked_before(doubted):
    new = await doubted.alice.create_room(invite=[BOT], preset="public_chat")
    rooms = doubted.bridge.parts.matrix.rooms
    portal = await doubted.bridge.parts.portals.find(PortalKey(NETWORK, CHAT))
    await rooms.unlinking.unlink(portal)
    await rooms.linking.link(NETWORK, Chat(CHAT), new)
    await shown_once(doubted, new)
