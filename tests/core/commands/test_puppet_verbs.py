"""The commands about puppets and relays, as somebody types them."""

from __future__ import annotations

import pytest

from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level, Right
from tests.core.commands.conftest import BOT, alone
from tests.signed_in import sign_in

ROOM = "#loop_#room:example.org"


async def test_somebody_gives_a_token_of_theirs_and_takes_it_back(rig, tell):
    rig.permissions = {"*": Level.USER}
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 50)
    assert "You have no double puppet" in await tell(alice, room, "puppet")
    token = rig.hs._world.add_access_token(alice.user_id)
    assert "appears here as @alice:example.org: by your token." in await tell(
        alice, room, f"puppet-token {token}"
    )
    assert token not in " ".join(await alice.bodies(room))  # it was redacted
    assert "appears here as @alice:example.org" in await tell(alice, room, "puppet")
    assert "I have forgotten your access token." in await tell(alice, room, "puppet-off")
    assert "You have given this bridge no access token." in await tell(alice, room, "puppet-off")


async def test_a_wrong_token_is_refused_with_a_sentence(rig, tell):
    rig.permissions = {"*": Level.USER}
    await rig.start()
    alice, room = await alone(rig)
    said = await tell(alice, room, "puppet-token nonsense")
    assert "That access token is none that your homeserver knows" in said


async def test_who_may_not_sign_in_may_give_no_token(rig, tell):
    rig.permissions = {"*": Rule(Level.USER, deny=frozenset({Right.SIGN_IN}))}
    await rig.start()
    alice, room = await alone(rig)
    assert "sign_in is denied" in await tell(alice, room, "puppet-token x")


@pytest.fixture
async def ruled(rig):
    """Alice is an admin, may do all in the bridged room, and has a login of her own."""
    rig.permissions = {"*": Level.RELAY, "@alice:example.org": Level.ADMIN}
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ROOM)
    levels = {"users": {alice.user_id: 100}}
    await rig.bridge.parts.intents.set_state(room, "m.room.power_levels", levels)
    await sign_in(rig, "alice")
    return alice, room


async def test_an_admin_chooses_who_speaks_for_others_in_a_room(tell, ruled):
    alice, room = ruled
    relays = "In #room on loop, loop:bot speaks for people without a login."
    assert await tell(alice, room, "!bridge relays") == relays
    assert "loop:own-alice speaks for people without a login, as was chosen here." in await tell(
        alice, room, "!bridge relay loop:own-alice"
    )
    assert "nobody speaks for people without a login, as was chosen here." in await tell(
        alice, room, "!bridge relay nobody"
    )
    assert await tell(alice, room, "!bridge relay default") == relays


async def test_nobody_lends_another_persons_login(rig, tell, ruled):
    alice, room = ruled
    await sign_in(rig, "dora")
    said = await tell(alice, room, "!bridge relay loop:own-dora")
    assert "That is no login of yours" in said
    assert "choose one of: default, nobody, loop:bot, loop:own-alice." in said
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    assert portal.relay is None


async def test_who_may_not_manage_the_relay_is_told_so(rig, tell, ruled):
    _, room = ruled
    bob = rig.hs.person("bob")
    await bob.join(ROOM)
    said = await tell(bob, room, "!bridge relay nobody")
    assert "You may not say who speaks for people without a login" in said
