"""What people say, and what they do to what was said."""

from __future__ import annotations

from bridgekit.events import Location, Poll
from tests.crash.world import CHAT, LoopbackWorld


async def talk(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await alice.say(room, "one")
    await alice.say(room, "two", msgtype="m.emote")
    await bob.say(CHAT, "three", id="m3")
    await alice.say(room, "four", msgtype="m.notice")
    await bob.say(CHAT, "five", id="m5")
    await world.network.person("carol").say(CHAT, "six", id="m6")
    three = await world.seen("three")
    await alice.reply(room, three, "seven")
    one = await world.heard("one")
    await bob.reply(CHAT, one, "eight", id="m8")
    await alice.thread(room, three, "nine")
    await bob.thread(CHAT, "m3", "ten", id="m10")
    await world.heard("nine")
    await world.seen("ten")


async def long_texts(world: LoopbackWorld) -> None:
    """Longer than the network takes at once: several parts."""
    await world.alice.say(world.room, "eins zwei drei vier fünf sechs")
    await world.alice.say(world.room, "short")
    event = await world.alice.say(world.room, "sieben acht neun zehn")
    await world.heard("neun zehn")
    await world.alice.edit(world.room, event, "elf zwölf dreizehn vierzehn")
    await world.heard("vierzehn")


async def change(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.say(CHAT, "red", id="m1")
    await bob.say(CHAT, "green", id="m2")
    blue = await alice.say(room, "blue")
    white = await alice.say(room, "white")
    await bob.edit(CHAT, "m1", "dark red", stamp="1")
    await alice.edit(room, blue, "dark blue")
    await bob.delete(CHAT, "m2")
    await alice.redact(room, white)
    await alice.say(room, "last of alice")
    await bob.say(CHAT, "last of bob", id="m9")
    await world.heard("last of alice")
    await world.seen("last of bob")


async def react(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.say(CHAT, "apple", id="m1")
    apple = await world.seen("apple")
    await alice.say(room, "pear")
    pear = await world.heard("pear")
    await alice.react(room, apple, "👍")
    gone = await alice.react(room, apple, "🎉")
    await bob.react(CHAT, pear, "❤")
    await bob.react(CHAT, pear, "🐟")
    await bob.unreact(CHAT, pear, "🐟")
    told = world.network.chat(CHAT).with_text("apple")
    await world.until(lambda: "🎉" in told.reactions)
    await alice.redact(room, gone)


async def polls(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await world.network.person("carol").join(CHAT)
    await bob.poll(CHAT, "Tea?", "yes", "no", id="m1")
    mine = await alice.poll(room, "Cake?", "yes", "no")
    tea = await alice.wait_for(room, lambda event: "Tea?" in str(event["content"]))
    await alice.vote(room, tea["event_id"], 1)
    cake = await world.heard("Cake?")
    await bob.vote(CHAT, cake, 0)
    await alice.vote(room, mine, 1)
    await world.network.person("carol").vote(CHAT, "m1", 0)
    await alice.end_poll(room, mine)
    await alice.send_location(room, 48.2, 16.4, "Vienna")
    await bob.locate(CHAT, 47.1, 15.4, "Graz", id="m2")
    await world.heard("Vienna")


async def later_states(world: LoopbackWorld) -> None:
    """What its sender keeps up to date: a place that moves, a poll that is closed over there."""
    bob, room = world.bob, world.room
    for stamp, north in (("1", 1.0), ("3", 3.0), ("2", 2.0)):
        await bob.does(CHAT, Location(north, 0.0, "Bob", live=True, stamp=stamp), id="m1")
        if stamp != "2":  # which comes too late
            await shows(world, f"geo:{north}")
    await bob.poll(CHAT, "Tea?", "yes", "no", id="m2")
    tea = await shows(world, "Tea?")
    await world.alice.vote(room, tea, 0)
    await world.alice.vote(room, tea)
    await world.until(lambda: () in world.network.chat(CHAT).with_text("Tea?").votes.values())
    await bob.does(CHAT, Poll("Tea?", ("yes", "no"), closed=True, stamp="2"), id="m2")
    await bob.say(CHAT, "the end", id="m3")
    await world.seen("the end")


async def shows(world: LoopbackWorld, words: str) -> str:
    """The event with these words anywhere in its content, once it is there."""
    event = await world.alice.wait_for(world.room, lambda event: words in str(event["content"]))
    return str(event["event_id"])
