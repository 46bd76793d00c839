"""What people show without a word: that they type, have read, have got or not got a message."""

from __future__ import annotations

from bridgekit.events import DeliveryState
from bridgekit.facts import Rank
from bridgekit.ids import RemoteUserID
from tests.crash.world import CHAT, LoopbackWorld


async def typing(world: LoopbackWorld) -> None:
    """Who types, and how far they read; what comes behind it is not held up."""
    alice, bob, room = world.alice, world.bob, world.room
    await alice.typing(room)
    await bob.types(CHAT)
    await bob.say(CHAT, "typed", id="m1")
    typed = await world.seen("typed")
    await alice.read(room, typed)
    await alice.say(room, "typed, too")
    await alice.typing(room, active=False)
    await bob.types(CHAT)
    await bob.types(CHAT, active=False)
    too = await world.heard("typed, too")
    await bob.read(CHAT, too)
    await bob.say(CHAT, "the end", id="m2")
    await world.seen("the end")


async def reported(world: LoopbackWorld) -> None:
    """What became of messages, as the network reports it, in a room of many."""
    alice, bob, room = world.alice, world.bob, world.room
    await alice.say(room, "read me")
    await alice.say(room, "lost one")
    await bob.report(CHAT, await world.heard("read me"), DeliveryState.DELIVERED)
    await bob.report(CHAT, await world.heard("read me"), DeliveryState.READ)
    lost = await world.heard("lost one")
    await bob.report(CHAT, lost, DeliveryState.FAILED, "The phone is off.")
    await bob.say(CHAT, "the end", id="m1")
    await world.seen("the end")


async def reported_in_private(world: LoopbackWorld) -> None:
    """The same where it is for one person, whose client shows how far each message came."""
    login, bob = world.login, world.bob
    private = world.network.chat("bob", login)
    private.members[RemoteUserID("alice")] = Rank.MEMBER
    await bob.say("bob", "psst", id="p1", to=login)
    room = await world.matrix.invited()
    await world.alice.join(room)
    await world.alice.say(room, "yes?")
    yes = await world.heard("yes?", private)
    for state in (DeliveryState.DELIVERED, DeliveryState.READ):
        await bob.report("bob", yes, state, to=login)
    await world.alice.say(room, "hello?")
    hello = await world.heard("hello?", private)
    await bob.report("bob", hello, DeliveryState.FAILED, "The phone is off.", to=login)
    await bob.say("bob", "here again", id="p2", to=login)
    await world.until(lambda: world.matrix.shows("here again", room))
