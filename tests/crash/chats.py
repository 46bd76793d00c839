"""What chats are: made, named, pinned to, private."""

from __future__ import annotations

from bridgekit.facts import ChatInfo, Rank
from bridgekit.ids import RemoteUserID
from tests.crash.carrying import PIXEL
from tests.crash.world import CHAT, LoopbackWorld


async def nothing(world: LoopbackWorld) -> None:
    """The bridge is attacked from its first breath."""


async def from_nothing(world: LoopbackWorld) -> None:
    """The room is made, people come, both speak."""
    world.network.chat(CHAT).info = ChatInfo(topic="Colours")
    await world.bob.say(CHAT, "early", id="m1")
    await world.join()
    await world.alice.say(world.room, "hi bob")
    await world.seen("early")
    await world.bob.say(CHAT, "hi alice", id="m2")
    await world.heard("hi bob")
    await world.seen("hi alice")


async def described_there(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.rename_chat(CHAT, "Garden")
    await bob.retopic(CHAT, "Roses")
    await world.until(lambda: world.matrix.state("m.room.name").get("name") == "Garden")
    await world.until(lambda: world.matrix.state("m.room.topic").get("topic") == "Roses")
    await alice.say(room, "between")
    await bob.change_chat(CHAT, ChatInfo(avatar=bob.file("a.png", PIXEL, "image/png")))
    levels = "m.room.power_levels"
    for rank, level in ((Rank.MODERATOR, 50), (Rank.MEMBER, 0)):
        await bob.change_chat(CHAT, ChatInfo(may_speak=rank))
        await world.until(
            lambda level=level: world.matrix.state(levels).get("events_default", 0) == level
        )
    await bob.retopic(CHAT, "Tulips")
    await world.until(lambda: world.matrix.state("m.room.topic").get("topic") == "Tulips")
    await bob.say(CHAT, "after", id="m9")
    await world.seen("after")


async def alice_may(world: LoopbackWorld) -> None:
    """Alice is made an admin on the network, and so in the room."""
    await world.both_spoke()
    await world.bob.set_rank(CHAT, "alice", Rank.ADMIN)
    levels, me = "m.room.power_levels", world.alice.user_id
    await world.until(lambda: world.matrix.state(levels)["users"].get(me, 0) >= 50)


async def described_here(world: LoopbackWorld) -> None:
    alice, bob, room, chat = world.alice, world.bob, world.room, world.network.chat(CHAT)
    await bob.say(CHAT, "first", id="m1")
    await bob.say(CHAT, "second", id="m2")
    first, second = await world.seen("first"), await world.seen("second")
    await alice.set_name(room, "Kitchen")
    await alice.set_topic(room, "Soup")
    await alice.set_avatar(room, await alice.upload(PIXEL, "image/png", "soup.png"))
    levels = "m.room.power_levels"
    await alice.set_state(room, levels, {**world.matrix.state(levels), "events_default": 50})
    await alice.pin(room, first)
    await alice.pin(room, second)
    await alice.unpin(room, first)
    await alice.set_topic(room, "Salad")
    await alice.say(room, "so it is")
    await world.heard("so it is")
    await world.until(lambda: chat.topic == "Salad" and chat.pins == ["m2"])


async def pins(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.say(CHAT, "pinned by bob", id="m1")
    await bob.say(CHAT, "also pinned", id="m2")
    await bob.pin(CHAT, "m1")
    await bob.pin(CHAT, "m2")
    await bob.unpin(CHAT, "m1")
    await alice.say(room, "meanwhile")
    await world.heard("meanwhile")


async def private(world: LoopbackWorld) -> None:
    """A chat of Alice's own login: her room with Bob's ghost is made when he first writes."""
    login = world.login
    private = world.network.chat("bob", login)
    private.members[RemoteUserID("alice")] = Rank.MEMBER
    await world.bob.say("bob", "psst", id="p1", to=login)
    await world.bob.say("bob", "are you there?", id="p2", to=login)
    room = await world.matrix.invited()
    await world.alice.join(room)
    await world.alice.say(room, "yes, I am")
    await world.heard("yes, I am", private)
    await world.bob.say("bob", "good", id="p3", to=login)


async def moved(world: LoopbackWorld) -> None:
    """The chat goes by another ID from here on."""
    await world.bob.say(CHAT, "before", id="m1")
    await world.seen("before")
    await world.bob.move(CHAT, "#moved")
    await world.bob.say("#moved", "after", id="m2")
    await world.seen("after")
    await world.alice.say(world.room, "found you")
    await world.heard("found you", world.network.chat("#moved"))


async def in_both(world: LoopbackWorld) -> None:
    """The room is bridged to both networks, and everybody has spoken."""
    carol = world.far.person("carol")
    await world.until(lambda: world.network.entered and world.far.entered)
    await world.bob.say(CHAT, "hello", id="hello")
    await carol.say(CHAT, "salut", id="salut")
    await world.heard("salut")
    await world.heard("hello", world.far.chat(CHAT))


async def shared(world: LoopbackWorld) -> None:
    """What one of the networks brings reaches the other one, and never itself."""
    bob, carol, there = world.bob, world.far.person("carol"), world.far.chat(CHAT)
    await bob.say(CHAT, "one", id="m1")
    await carol.say(CHAT, "two", id="n1")
    await bob.edit(CHAT, "m1", "uno", stamp="1")
    two = await world.heard("two")
    await bob.react(CHAT, two, "👍")
    await bob.delete(CHAT, "m1")
    await world.alice.say(world.room, "three")
    await world.heard("three")
    await world.heard("three", there)
    await carol.say(CHAT, "four", id="n2")
    await world.heard("four")  # nobody can say in which order two networks spoke at once
    await bob.say(CHAT, "five", id="m2")
    await world.heard("five", there)
