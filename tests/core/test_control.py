"""A room's own business: who is let in, and what is said where nothing is bridged."""

from __future__ import annotations

import pytest

from bridgekit.clock import SystemClock
from bridgekit.errors import Rejected
from bridgekit.ids import JobID
from bridgekit.lanes.journey import Journey
from bridgekit.login.permissions import Level
from bridgekit.models import Direction, Job, Lane

BOT = "@bridgebot:example.org"


def member(user: str, membership: str):
    def look(event) -> bool:
        return (event.get("state_key"), event["content"].get("membership")) == (user, membership)

    return look


async def test_the_bot_joins_where_somebody_permitted_invites_it(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT])
    await alice.wait_for(room, member(BOT, "join"))


@pytest.mark.parametrize("level", [Level.RELAY, Level.BLOCK])
@pytest.mark.parametrize("invitee", [BOT, "@loop_bob:example.org"])
async def test_nobody_of_ours_joins_where_anybody_else_does_and_says_why(rig, level, invitee):
    rig.permissions = {"*": level}
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[invitee], direct=True)
    event = await alice.wait_for(room, member(invitee, "leave"))
    assert event["content"]["reason"] == "You are not permitted to use this bridge."


async def test_the_bot_explains_itself_once_in_a_room_of_two(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT])
    await alice.wait_for(room, member(BOT, "join"))
    await alice.say(room, "hello?")
    await alice.wait_for(room, lambda event: "I am a bridge to" in event["content"].get("body", ""))
    await alice.say(room, "and?")
    await rig.kill()
    await rig.hs.restart()  # forgets transaction IDs
    await rig.start()
    await alice.say(room, "still there?")
    other = await alice.create_room(invite=[BOT])
    await alice.wait_for(other, member(BOT, "join"))
    await alice.say(other, "hello?")
    await alice.wait_for(other, lambda event: event["sender"] == BOT and "bridge" in str(event))
    helps = [body for body in await alice.bodies(room) if "I am a bridge" in body]
    assert len(helps) == 1
    assert "#loop_#CHANNEL:example.org" in helps[0]
    assert rig.network.texts() == []


async def test_the_bot_says_nothing_in_other_peoples_rooms(rig):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await bob.join(room)
    await alice.wait_for(room, member(BOT, "join"))
    await alice.say(room, "hello bob")
    alone = await alice.create_room(invite=[BOT])
    await alice.wait_for(alone, member(BOT, "join"))
    await alice.say(alone, "hello?")
    await alice.wait_for(alone, lambda event: event["sender"] == BOT and "bridge" in str(event))
    assert await alice.bodies(room) == ["hello bob"]


@pytest.mark.parametrize(
    ("error", "detail"), [(KeyError("internals"), ""), (Rejected("No such room."), "No such room.")]
)
async def test_what_fails_unexpectedly_shows_people_no_internals(rig, error, detail):
    bridge = await rig.start()
    handler = bridge.parts.handlers[Direction.CONTROL]
    job = Job(JobID(7), Lane(Direction.CONTROL, "!r:x"), "key", "m.room.member", "$e", 0, "{}")
    done = await handler.bury(Journey(job, SystemClock()), error)
    assert done.detail == detail
