"""Rooms that are replaced, closed, unlinked and linked anew, and direct chats that begin here."""

from __future__ import annotations

from typing import Any

from bridgekit.facts import Chat
from bridgekit.ids import ChatID, PortalKey, RoomID
from bridgekit.models import lane_of_room, lane_to_matrix
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import NETWORK
from tests.crash.world import CHAT, LoopbackWorld

BOT = "@bridgebot:example.org"
GHOST = "@loop_bob:example.org"


async def own_room(alice: Person, **options: Any) -> str:
    """A room of Alice's, in which the bot may do everything."""
    levels = {"users": {alice.user_id: 100, BOT: 100}}
    return await alice.create_room(
        preset="public_chat",
        invite=[BOT],
        room_version="11",
        power_level_content_override=levels,
        **options,
    )


async def linked(world: LoopbackWorld) -> None:
    """Alice's room has the chat, because somebody asked for it."""
    world.room = await own_room(world.alice)
    await link(world)
    await world.both_spoke()


async def link(world: LoopbackWorld) -> None:
    chat, room = Chat(ChatID(CHAT)), RoomID(world.room)

    async def order(parts: Any) -> None:
        await parts.matrix.rooms.linking.link(NETWORK, chat, room)

    await world.operate(order)


async def unlink(world: LoopbackWorld) -> None:
    async def order(parts: Any) -> None:
        portal = await parts.portals.find(PortalKey(NETWORK, ChatID(CHAT)))
        await parts.matrix.rooms.unlinking.unlink(portal)

    await world.operate(order)


async def settled(world: LoopbackWorld) -> None:
    """Whatever was said by now has come to its end."""

    async def order(parts: Any) -> None:
        portal = await parts.portals.find(PortalKey(NETWORK, ChatID(CHAT)))
        await parts.matrix.inbox.drained()
        for lane in (lane_of_room(RoomID(world.room)), lane_to_matrix(portal.id)):
            await parts.queue.idle(lane)

    await world.until(lambda: not world.network.unacknowledged)
    await world.hs.pushed()
    await world.operate(order)


async def both_speak(world: LoopbackWorld, when: str) -> None:
    await world.alice.say(world.room, f"{when} here")
    await world.bob.say(CHAT, f"{when} there", id=when)
    await world.heard(f"{when} here")
    await world.seen(f"{when} there")


async def linked_anew(world: LoopbackWorld) -> None:
    """What is said here while it is not linked is nobody's; then it has another room.

    What is said there meanwhile belongs to the chat's past: who connects anew may read it.
    """
    await both_speak(world, "before")
    await unlink(world)
    await world.alice.say(world.room, "to nobody")
    await settled(world)
    await link(world)
    await both_speak(world, "again")
    await unlink(world)
    world.room = await own_room(world.alice)
    await link(world)
    await both_speak(world, "elsewhere")


async def upgraded(world: LoopbackWorld) -> None:
    old, body = world.room, {"new_version": "12"}
    await both_speak(world, "before")
    answer = await world.alice.request("POST", f"/rooms/{old}/upgrade", body)
    world.room = answer["replacement_room"]
    await world.until(lambda: world.matrix.membership(GHOST, old) == "leave")
    await both_speak(world, "after")


async def closed(world: LoopbackWorld) -> None:
    """The room is replaced by nothing: its chat is not bridged any more."""
    await both_speak(world, "before")
    await world.alice.set_state(
        world.room, "m.room.tombstone", {"body": "closed", "replacement_room": ""}
    )
    await world.until(lambda: world.matrix.told_of("This room was closed"))
    await world.bob.say(CHAT, "from nobody", id="m1")
    await settled(world)


async def direct(world: LoopbackWorld) -> None:
    """Alice writes to somebody of the network first."""
    room = await world.alice.create_room(invite=[GHOST], preset="trusted_private_chat", direct=True)
    await world.until(lambda: world.matrix.membership(GHOST, room) == "join")
    await world.alice.say(room, "psst")
    private = world.network.chat("bob", world.login)
    await world.heard("psst", private)
    await world.bob.say("bob", "what?", id="p1", to=world.login)
    await world.until(lambda: world.matrix.shows("what?", room))
