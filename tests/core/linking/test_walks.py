"""The looks at all rooms in the background: nothing that one of them meets stops the others."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.ids import RoomID
from bridgekit.store.failure import StoreDown
from tests.core.linking.conftest import ALIAS, BOT, both_ways, passing, unheard

BOB = "@loop_bob:example.org"


async def test_a_successor_on_a_dead_server_stops_the_look_at_no_other_room(slow_rig, clock):
    rig = slow_rig
    alice = rig.hs.person("alice")
    dead, room = [
        RoomID(await alice.create_room(invite=[BOT], preset="public_chat")) for _ in range(2)
    ]
    rig.links = ()
    rig.link("#dead", dead)
    rig.link("#room", room)
    rig.hs.world.add_account(BOT)
    async with passing(clock):
        await rig.start()
        await rig.tied(dead)
        await rig.tied(room)
        await both_ways(rig, alice, room)
        await rig.kill()
        gone = {"body": "gone", "replacement_room": "!gone:dead.example.com"}
        with unheard(rig):
            await alice.set_state(dead, "m.room.tombstone", gone)
            await alice.request("POST", f"/rooms/{room}/upgrade", {"new_version": "11"})
        for name in ("!gone", "%21gone"):
            rig.hs.fail("POST", f"/join/{name}", status=502, times=None)
        await rig.start()
        await rig.hs.wait_for(lambda: rig.hs.world.rooms[room].membership(BOB) == "leave")


@pytest.mark.parametrize("walk", ["rooms", "lists of members", "backlog"])
async def test_a_read_that_fails_once_ends_no_walk(slow_rig, clock, walk):
    rig = slow_rig
    await rig.start()
    alice = rig.hs.person("alice")
    await both_ways(rig, alice, await alice.join(ALIAS))
    async with passing(clock):
        parts, failed, done = rig.bridge.parts, [], asyncio.Event()
        owner, name = {
            "rooms": (parts.portals.rows, "bound"),
            "lists of members": (parts.portals, "find"),
            "backlog": (parts.matrix.powers._reconciler, "_backlog"),
        }[walk]
        read = getattr(owner, name)

        async def failing(*wanted):
            if not failed:
                failed.append(wanted)
                raise StoreDown
            done.set()
            return await read(*wanted)

        setattr(owner, name, failing)
        if walk == "backlog":
            parts.matrix.powers._reconciler._unread = 0
            (portal,) = await parts.portals.in_room(rig.hs.world.aliases[ALIAS].room)
            parts.matrix.powers.wake(portal.id)
        else:
            await rig.network.drop()
        async with asyncio.timeout(60):
            await asyncio.wait(
                {asyncio.create_task(done.wait()), rig.task}, return_when=asyncio.FIRST_COMPLETED
            )
        assert failed
        assert done.is_set()
        assert not rig.task.done()
