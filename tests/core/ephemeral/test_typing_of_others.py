"""A relay that types for whom it speaks, on a network that shows such a thing."""

from __future__ import annotations

import pytest

from bridgekit.permissions.rights import Level


class Shown:
    """The network shows that its relay types."""

    for_others = True


@pytest.fixture
async def relayed(scene):
    scene.network.extra = (Shown,)
    scene.rig.permissions = {"*": Level.RELAY, "@mallory:example.org": Level.BLOCK}
    await scene.start()
    await scene.alice_has_a_login()  # through the relay
    return scene


async def test_it_types_while_any_of_them_does(relayed):
    scene = relayed
    carol = scene.rig.hs.person("carol")
    await carol.join(scene.room)
    for person, active in ((scene.alice, True), (carol, True), (scene.alice, False)):
        await person.typing(scene.room, active=active)
        await scene.settled()
    assert [active for _, active in scene.typed_over_there()] == [True]
    await carol.typing(scene.room, active=False)
    await scene.settled()
    assert [active for _, active in scene.typed_over_there()] == [True, False]


async def test_whoever_may_not_speak_is_not_told_of(relayed):
    scene = relayed
    mallory = scene.rig.hs.person("mallory")
    await mallory.join(scene.room)
    await mallory.typing(scene.room)
    await scene.settled()
    assert scene.typed_over_there() == []
