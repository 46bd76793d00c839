"""Kicks, bans and invitations on the network: who does them on Matrix, to whom, and why."""

from __future__ import annotations

import pytest

from bridgekit.events import Membership, MemberState, RemoteEvent
from bridgekit.facts import Rank
from bridgekit.ids import RemoteUserID
from bridgekit.membership import powers as powers_module
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.clock import settle
from tests.core.members.conftest import INVITE, JOIN, LEAVE, ROOM

KICK, BAN = MemberState.KICK, MemberState.BAN
BOT, OP = "@bridgebot:example.org", "@loop_op:example.org"
ALICE = "@alice:example.org"


@pytest.fixture
async def room(scene, monkeypatch):
    """Bob and an operator are there."""
    monkeypatch.setattr(powers_module, "SPACING", 0.0)
    await scene.start()
    await scene.says(("bob", JOIN), ("op", JOIN))
    await scene.settled()
    return scene


async def promote(scene, user="op", rank=Rank.MODERATOR):
    event = RemoteEvent(ROOM, None, Membership(RemoteUserID(user), JOIN, rank=rank))
    await scene.receive(event)
    powers = scene.rig.bridge.parts.matrix.powers
    while powers.busy or await powers.standings.drift():
        await settle()


async def last(scene, user):
    """Who last changed the membership of `user`, to what, and why."""
    await scene.settled()
    found = [
        event
        for event in await scene.alice.events(scene.room)
        if event["type"] == "m.room.member" and event["state_key"] == user
    ]
    content = found[-1]["content"]
    return found[-1]["sender"], content["membership"], content.get("reason")


def ghost(name):
    return f"@loop_{name}:example.org"


async def test_a_kick_is_made_by_the_ghost_of_whoever_made_it(room):
    await promote(room)
    await room.says(("bob", KICK, "spam"), by=RemoteUserID("op"))
    assert await last(room, ghost("bob")) == (OP, "leave", "spam")


@pytest.mark.parametrize(
    ("by", "reason", "said"),
    [
        ("op", "spam", "spam (by Op)"),  # is in the room, without the power
        ("services", "", "by services"),  # is nobody on Matrix
    ],
)
async def test_who_has_no_power_is_named_by_the_bot(room, by, reason, said):
    await room.says(("bob", KICK, reason), by=RemoteUserID(by))
    assert await last(room, ghost("bob")) == (BOT, "leave", said)
    assert ghost("services") not in room.rig.hs.world.accounts, "nobody is made for that"


async def test_a_kick_by_nobody_is_the_bots(room):
    await room.receive(RemoteEvent(ROOM, None, Membership(RemoteUserID("bob"), KICK, "bye")))
    assert await last(room, ghost("bob")) == (BOT, "leave", "bye")


async def test_a_ban_is_a_ban_until_the_network_takes_it_back(room):
    await promote(room)
    await room.says(("bob", BAN, "spam"), by=RemoteUserID("op"))
    assert await last(room, ghost("bob")) == (OP, "ban", "spam")
    await room.says(("bob", LEAVE), by=RemoteUserID("op"))
    assert (await last(room, ghost("bob")))[1] == "leave"
    await room.says(("bob", JOIN))
    assert await room.ghosts() == {"bob", "op"}


async def test_who_is_banned_and_comes_back_is_unbanned_first(room):
    await room.says(("bob", BAN), by=RemoteUserID("op"))
    assert (await last(room, ghost("bob")))[:2] == (BOT, "ban")
    await room.rig.kill()
    await room.start()
    await room.says(("bob", JOIN))
    assert await room.ghosts() == {"bob", "op"}


async def test_a_ban_of_somebody_who_never_came_holds(room):
    await room.says(("eve", BAN, "spam"), by=RemoteUserID("op"))
    assert (await last(room, ghost("eve")))[1] == "ban"


async def test_a_ban_by_a_moderator_on_matrix_is_not_the_networks_to_take_back(room):
    ban = {"user_id": ghost("bob")}
    await room.rig.bridge.parts.intents._call("POST", f"rooms/{room.room}/ban", ban)
    assert await room.ghosts() == {"op"}
    await room.says(("bob", LEAVE))
    await room.says(("bob", JOIN))
    assert await room.ghosts() == {"op"}
    assert (await last(room, ghost("bob")))[1] == "ban"


async def test_ban_and_pardon_cancel_out_without_a_request(room):
    room.rig.hs.requests.clear()
    await room.says(("bob", BAN), ("bob", LEAVE), ("bob", JOIN))
    assert await room.ghosts() == {"bob", "op"}
    assert not [one for one in room.rig.hs.requests if "ban" in one or "leave" in one]


# People with a login of their own.


@pytest.fixture
async def person(room):
    """Alice speaks through a login of her own."""
    await room.alice.say(room.room, "hello")
    await room.rig.network.wait(lambda: "hello" in room.rig.network.texts())
    return room


async def outcome(scene, reason):
    counts = scene.rig.bridge.parts.status.counts
    while not counts["loop", Direction.TO_MATRIX, reason]:
        await settle()


async def test_a_person_is_kicked_where_their_login_is(person):
    await promote(person)
    await person.says(("alice", KICK, "spam"), by=RemoteUserID("op"))
    await outcome(person, Reason.DELIVERED)
    member = await person.rig.bridge.parts.intents.state_event(person.room, "m.room.member", ALICE)
    assert (member["sender"], member["content"]["membership"]) == (OP, "leave")
    assert member["content"]["reason"] == "spam"
    assert ghost("alice") not in person.rig.hs.world.accounts


async def test_a_person_is_banned_and_pardoned_by_the_network_alone(person):
    await person.says(("alice", BAN, "spam"), by=RemoteUserID("op"))
    await outcome(person, Reason.DELIVERED)
    intents = person.rig.bridge.parts.intents
    member = await intents.state_event(person.room, "m.room.member", ALICE)
    assert (member["sender"], member["content"]["membership"]) == (BOT, "ban")
    assert member["content"]["reason"] == "spam (by Op)"
    await person.says(("alice", LEAVE), by=RemoteUserID("op"))
    while (await intents.state(person.room, "m.room.member", ALICE))["membership"] == "ban":
        await settle()


async def test_a_person_who_is_gone_is_invited_again(person):
    await person.alice.leave(person.room)
    await person.says(("alice", INVITE), by=RemoteUserID("op"))
    await outcome(person, Reason.DELIVERED)
    intents = person.rig.bridge.parts.intents
    assert (await intents.state(person.room, "m.room.member", ALICE))["membership"] == "invite"


async def test_what_is_so_already_is_not_done_again(person):
    await person.says(("alice", INVITE), by=RemoteUserID("op"))
    await outcome(person, Reason.NO_CHANGE)


async def test_a_person_above_the_bridge_stays_and_the_outcome_says_why(person):
    content = await person.alice.state(person.room, "m.room.power_levels")
    users = {**content["users"], ALICE: 100}
    intents = person.rig.bridge.parts.intents
    await intents.set_state(person.room, "m.room.power_levels", content | {"users": users})
    person.rig.hs.fail("POST", "/kick", status=403, errcode="M_FORBIDDEN", times=2)
    await person.says(("alice", KICK), by=RemoteUserID("op"))
    await outcome(person, Reason.NO_POWER)
    assert ALICE in await person.alice.members(person.room)


async def test_a_login_that_comes_and_goes_moves_nobody(person):
    await person.says(("alice", LEAVE), ("alice", JOIN))
    await person.settled()
    assert ALICE in await person.alice.members(person.room)
    assert ghost("alice") not in person.rig.hs.world.accounts


async def test_the_bridges_own_account_is_nobody_on_matrix(room):
    await room.says(("bot", KICK), by=RemoteUserID("op"))
    await outcome(room, Reason.OWN_ECHO)
    assert BOT in await room.alice.members(room.room)
