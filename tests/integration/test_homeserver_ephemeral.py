"""What the core takes for granted about typing and receipts, pushed to us and sent by ghosts.

`stage` is Synapse in one run and the fake in the other.
"""

from __future__ import annotations

from bridgekit.matrix.ephemeral import NowTyping, Read, heard


def told(stage, room):
    """Everything that was pushed of this room besides events, as the core reads it."""
    return [
        one
        for pushed in stage.bridge.transactions
        for one in heard(pushed.body)
        if one.room == room
    ]


async def test_what_a_person_types_and_reads_is_pushed_as_the_core_reads_it(stage):
    alice = await stage.person()
    room = await stage.joint_room(alice)
    event = await alice.say(room, "read me")
    await alice.typing(room)
    await stage.bridge.wait_for(
        lambda: NowTyping(room, frozenset({alice.user_id})) in told(stage, room)
    )
    await alice.typing(room, active=False)
    await stage.bridge.wait_for(lambda: NowTyping(room, frozenset()) in told(stage, room))
    await alice.read(room, event)
    await stage.bridge.wait_for(lambda: Read(room, alice.user_id, event) in told(stage, room))


async def test_a_private_receipt_is_not_pushed(stage):
    alice = await stage.person()
    room = await stage.joint_room(alice)
    private, public = await alice.say(room, "one"), await alice.say(room, "two")
    await alice.read(room, private, private=True)
    await alice.read(room, public)
    await stage.bridge.wait_for(lambda: Read(room, alice.user_id, public) in told(stage, room))
    assert Read(room, alice.user_id, private) not in told(stage, room)


async def test_a_ghost_types_and_reads_for_everybody_to_see(stage):
    ghost, alice = await stage.ghost(), await stage.person()
    room = await stage.joint_room(alice)
    await alice.invite(room, ghost)
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    event = await alice.say(room, "read me")
    typing = f"/v3/rooms/{room}/typing/{ghost}"
    await stage.bridge.ask("PUT", typing, {"typing": True, "timeout": 30_000}, user=ghost)
    await stage.bridge.wait_for(lambda: NowTyping(room, frozenset({ghost})) in told(stage, room))
    await stage.bridge.ask("PUT", typing, {"typing": False}, user=ghost)
    await stage.bridge.wait_for(lambda: told(stage, room)[-1] == NowTyping(room, frozenset()))
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/receipt/m.read/{event}", {}, user=ghost)
    await stage.bridge.wait_for(lambda: Read(room, ghost, event) in told(stage, room))


async def test_a_ghost_that_is_not_in_the_room_cannot_type(stage):
    ghost, alice = await stage.ghost(), await stage.person()
    room = await stage.joint_room(alice)
    path = f"/v3/rooms/{room}/typing/{ghost}"
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("PUT", path, {"typing": True, "timeout": 30_000}, user=ghost)
