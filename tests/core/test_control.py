"""A room's own business: who is let in, and what is said where nothing is bridged."""

from __future__ import annotations

import pytest

from bridgekit.clock import SystemClock
from bridgekit.errors import Rejected
from bridgekit.ids import JobID
from bridgekit.lanes.journey import Journey
from bridgekit.models import Direction, Job, Lane
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level

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
    ours = "have this bridge's bot in your rooms"
    what = ours if invitee == BOT else "open chats through this bridge"
    why = f'You may not {what}: your level is {level} (permissions["*"]).'
    assert event["content"]["reason"] == why


async def test_who_may_do_something_on_one_network_may_have_the_bot(rig):
    rig.permissions = {"*": Rule(Level.BLOCK, networks={"loop": Rule(Level.USER)})}
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT])
    await alice.wait_for(room, member(BOT, "join"))


@pytest.mark.parametrize(
    ("error", "detail"), [(KeyError("internals"), ""), (Rejected("No such room."), "No such room.")]
)
async def test_what_fails_unexpectedly_shows_people_no_internals(rig, error, detail):
    bridge = await rig.start()
    handler = bridge.parts.handlers[Direction.CONTROL]
    job = Job(JobID(7), Lane(Direction.CONTROL, "!r:x"), "key", "m.room.member", "$e", 0, "{}")
    done = await handler.bury(Journey(job, SystemClock()), error)
    assert done.detail == detail
