"""Who types, both ways: told at once, told once, never kept."""

from __future__ import annotations

import pytest

from bridgekit.ephemeral.typing_notices import SAY_AGAIN
from bridgekit.events import Typing
from bridgekit.models import Direction
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from bridgekit.supports import SupportsTyping
from bridgekit.testing.loopback import only

# Matrix to network


async def test_who_types_with_a_login_is_shown_typing_and_stopping(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.alice.typing(scene.room)
    await scene.settled()
    await scene.alice.typing(scene.room, active=False)
    await scene.settled()
    assert scene.typed_over_there() == [("alice", True), ("alice", False)]


@pytest.mark.parametrize("name", ["ephemeral", "de.sorunome.msc2409.ephemeral"])
async def test_typing_is_taken_under_both_names(scene, name):
    await scene.start()
    await scene.alice_has_a_login()
    assert await scene.push(scene.typing(scene.alice.user_id), name=name) == 200
    await scene.settled()
    assert scene.typed_over_there() == [("alice", True)]


async def test_a_list_that_says_the_same_again_is_told_once(scene):
    await scene.start()
    await scene.alice_has_a_login()
    for number, others in enumerate(([], ["@carol:example.org"], [])):
        typing = scene.typing(scene.alice.user_id, *others)
        await scene.push(typing, txn=f"t{number}")
        await scene.settled()
    assert scene.typed_over_there() == [("alice", True)]


async def test_typing_never_goes_by_the_relay(scene):
    scene.rig.permissions = {"*": Level.RELAY}
    await scene.start()
    await scene.alice_has_a_login()  # through the relay
    await scene.alice.typing(scene.room)
    await scene.settled()
    assert scene.typed_over_there() == []


async def test_typing_makes_nobody_a_login_and_connects_none(scene):
    await scene.start()
    await scene.alice.typing(scene.room)
    await scene.settled()
    assert scene.typed_over_there() == []
    assert len(scene.network.clients) == 1


async def test_rule_04_an_outage_floods_nobody_with_old_typing(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.rig.kill()
    for _ in range(5):
        await scene.alice.typing(scene.room)
        await scene.alice.typing(scene.room, active=False)
    await scene.rig.start()
    scene.rig.hs.retry_now()
    await scene.settled()
    assert len(scene.typed_over_there()) <= 1


async def test_a_network_without_typing_is_asked_nothing(scene):
    scene.network.lacks = frozenset({SupportsTyping})
    await scene.start()
    await scene.alice_has_a_login()
    await scene.alice.typing(scene.room)
    await scene.settled()
    assert scene.typed_over_there() == []


@pytest.mark.parametrize(
    ("error", "reason"), [(OSError("down"), Reason.REJECTED), (KeyError("x"), Reason.INTERNAL)]
)
async def test_typing_that_fails_is_counted_and_never_repeated(scene, error, reason):
    await scene.start()
    await scene.alice_has_a_login()
    scene.network.before.append(only(lambda _: error, Typing))
    await scene.alice.typing(scene.room)
    await scene.settled()
    assert scene.typed_over_there() == []
    assert scene.count(reason) == 1


# Network to Matrix


async def bob_is_there(scene) -> None:
    await scene.start()
    await scene.bob_says("hi", "m1")


async def test_a_ghost_types_while_its_user_does(scene):
    await bob_is_there(scene)
    bob = scene.network.person("bob")
    await bob.types("#room")
    await scene.settled()
    await bob.types("#room", active=False)
    await scene.settled()
    assert scene.ghosts_type() == [["@loop_bob:example.org"], []]


async def test_typing_that_is_said_again_is_shown_once(scene):
    await bob_is_there(scene)
    for _ in range(5):
        await scene.network.person("bob").types("#room")
        await scene.settled()
    assert scene.rig.hs.requests["PUT /rooms/{room}/typing/{user}"] == 1


async def test_a_ghost_that_has_said_it_types_no_more(scene):
    await bob_is_there(scene)
    await scene.network.person("bob").types("#room")
    await scene.settled()
    parts = scene.rig.bridge.parts
    (portal,) = await parts.portals.in_room(scene.room)
    for _ in range(2):
        parts.matrix.ephemeral.to_matrix.said(portal, "bob")
        await scene.settled()
    assert scene.ghosts_type() == [["@loop_bob:example.org"], []]


async def test_who_stops_without_having_typed_is_not_told_of(scene):
    await bob_is_there(scene)
    await scene.network.person("bob").types("#room", active=False)
    await scene.settled()
    assert scene.rig.hs.requests["PUT /rooms/{room}/typing/{user}"] == 0


async def test_who_only_types_is_not_brought_in_for_it(scene):
    await scene.start()
    await scene.network.person("lurker").types("#room")
    await scene.settled()
    assert "@loop_lurker:example.org" not in await scene.alice.members(scene.room)
    assert scene.count(Reason.NO_CHANGE, Direction.TO_MATRIX) == 1


async def test_rule_04_typing_of_a_while_ago_is_not_shown(scene):
    await bob_is_there(scene)
    long_ago = scene.rig.clock.now().replace(year=2020)
    await scene.network.person("bob").types("#room", at=long_ago)
    await scene.settled()
    assert scene.ghosts_type() == []
    assert scene.count(Reason.EXPIRED, Direction.TO_MATRIX) == 1


async def test_rule_04_typing_is_never_stored(scene):
    await bob_is_there(scene)
    scene.rig.hs.fail("PUT", "/typing/", status=502, times=None)
    await scene.network.person("bob").types("#room")
    await scene.settled()
    await scene.rig.kill()
    scene.rig.hs.faults.clear()
    await scene.rig.start()
    await scene.settled()
    assert scene.ghosts_type() == []


async def test_a_login_of_a_person_is_not_shown_typing_by_a_ghost(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.network.person("alice").types("#room")
    await scene.settled()
    assert scene.ghosts_type() == []


async def test_a_login_that_its_person_shares_with_us_is_no_ghost_either(scene):
    await scene.start()
    await scene.alice_has_a_login()
    parts = scene.rig.bridge.parts
    (portal,) = await parts.portals.in_room(scene.room)
    before = scene.count(Reason.OWN_ECHO, Direction.TO_MATRIX)
    parts.matrix.ephemeral.to_matrix.typing(portal, "alice", active=True)
    await scene.settled()
    assert scene.count(Reason.OWN_ECHO, Direction.TO_MATRIX) == before + 1


def test_typing_is_said_again_before_the_room_forgets_it():
    assert SAY_AGAIN < 30
