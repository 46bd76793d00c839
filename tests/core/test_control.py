"""A room's own business: who is let in, and what is said where nothing is bridged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from bridgekit.clock import SystemClock
from bridgekit.errors import Rejected
from bridgekit.ids import JobID
from bridgekit.lanes import queue
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.lane import OpenLane
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


class Waiting(deque[Job]):
    """What waits in a lane; counts how much of it is looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[Job]:
        for job in super().__iter__():
            Waiting.looked_at += 1
            yield job


async def test_what_waits_in_a_room_is_not_looked_through_for_each_word(rig, monkeypatch):
    many = 80
    monkeypatch.setattr(
        queue, "OpenLane", lambda key, origin: OpenLane(key, origin, jobs=Waiting())
    )
    monkeypatch.setattr(Waiting, "looked_at", 0)
    await rig.start()
    alice, carol = rig.hs.person("alice"), rig.hs.person("carol")
    room = await alice.create_room(invite=[BOT], preset="public_chat")
    await carol.join(room)
    await alice.wait_for(room, member(BOT, "join"))
    rig.hs.hold()
    for number in range(many):
        await alice.say(room, f"word {number}")
    await alice.say(room, "!bridge help whoami")
    rig.hs.release()
    await alice.wait_for(
        room, lambda event: event["sender"] == BOT and "whoami" in event["content"].get("body", "")
    )
    assert Waiting.looked_at <= many
