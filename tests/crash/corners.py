"""What is rare: gaps, what comes late or twice, what waits and is taken back."""

from __future__ import annotations

import asyncio

from bridgekit.events import Deletion, Edit, Message, Reaction, RemoteEvent
from bridgekit.ids import MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.testing.loopback import only
from tests.crash.world import CHAT, LoopbackWorld


async def gap(world: LoopbackWorld) -> None:
    """What was said while no connection was there is fetched, before what is new."""
    network, bob = world.network, world.bob
    network.offline = True
    await network.drop()
    for number in ("1", "2", "3"):
        network.happen(missed(world, f"missed {number}", f"g{number}"))
    network.offline = False
    await bob.say(CHAT, "live again", id="g4")
    await world.alice.say(world.room, "and you?")
    await world.seen("live again")
    await world.heard("and you?")


async def gap_and_again(world: LoopbackWorld) -> None:
    """While it is fetched, the network repeats a piece of it, behind what is new."""
    network, bob = world.network, world.bob
    network.offline = True
    await network.drop()
    again = missed(world, "missed 2", "g2")
    for event in (missed(world, "missed 1", "g1"), again, missed(world, "missed 3", "g3")):
        network.happen(event)
    network.offline = False
    await bob.say(CHAT, "live again", id="g4")
    await network.deliver(again)
    await bob.edit(CHAT, "g4", "live, and edited", stamp="1")
    await bob.say(CHAT, "done", id="g5")
    await world.seen("done")


def missed(world: LoopbackWorld, text: str, name: str) -> RemoteEvent[Message]:
    chat = world.network.chat(CHAT).chat
    return RemoteEvent(chat, RemoteUserID("bob"), Message(from_plain(text)), id=MessageID(name))


async def late(world: LoopbackWorld) -> None:
    """Something is about a message that comes only after it."""
    bob = world.bob
    await bob.react(CHAT, "m1", "👍")
    await bob.edit(CHAT, "m1", "late, and edited", stamp="1")
    await bob.delete(CHAT, "m2")
    await asyncio.sleep(2)  # virtual
    await bob.say(CHAT, "late", id="m1")
    await bob.say(CHAT, "never to be seen", id="m2")
    await bob.say(CHAT, "done", id="m3")
    await world.seen("done")


async def repeated(world: LoopbackWorld) -> None:
    """Both sides say again what they said already."""
    network, bob = world.network, world.bob
    await bob.say(CHAT, "once", id="m1", key="k1")
    await network.deliver(missed(world, "once", "m1"))
    await world.alice.say(world.room, "only once")
    await world.seen("once")
    await world.heard("only once")
    await world.hs.pushed()
    await world.hs.replay_last(3)
    await bob.say(CHAT, "twice", id="m2")
    await world.seen("twice")


async def held(world: LoopbackWorld) -> None:
    """Alice's login is away; what she says waits, and what she takes back is not sent."""
    network, alice, room = world.network, world.alice, world.room
    network.offline = True
    await network.drop()
    await alice.say(room, "waits")
    back = await alice.say(room, "taken back")
    changed = await alice.say(room, "to be changed")
    await asyncio.sleep(2)
    await alice.redact(room, back)
    await alice.edit(room, changed, "changed")
    await asyncio.sleep(20)
    network.offline = False
    await alice.say(room, "at last")
    await world.heard("at last")


async def cancelled(world: LoopbackWorld) -> None:
    """What is just being sent is redacted."""
    alice, room = world.alice, world.room
    first = await alice.say(room, "quickly gone")
    await alice.redact(room, first)
    second = await alice.say(room, "quickly changed")
    await alice.edit(room, second, "new words")
    reaction = await alice.react(room, second, "👍")
    await alice.redact(room, reaction)
    await alice.say(room, "the end")
    await world.heard("the end")


async def taken_back(world: LoopbackWorld) -> None:
    """A message of several parts is redacted while it is being sent, and once it is sent."""
    alice, room = world.alice, world.room
    early = await alice.say(room, "eins zwei drei vier fünf sechs")
    await world.until(lambda: "eins zwei" in world.network.texts() or world.told("eins zwei"))
    await alice.redact(room, early)
    late = await alice.say(room, "sieben acht neun zehn elf zwölf")
    await world.heard("elf zwölf")
    await alice.redact(room, late)
    await alice.say(room, "the end")
    await world.heard("the end")


async def answered_late(world: LoopbackWorld) -> None:
    """What the network has, and has not answered yet, is redacted and edited."""
    alice, room, network = world.alice, world.room, world.network
    await alice.say(room, "hello")
    await world.heard("hello")
    network.after += [only(_late, Message), only(_late, Message)]
    gone = await alice.say(room, "soon gone")
    await world.heard("soon gone")
    await alice.redact(room, gone)
    changed = await alice.say(room, "soon changed")
    await world.heard("soon changed")
    await alice.edit(room, changed, "new words")
    await alice.say(room, "the end")
    await world.heard("the end")


async def unanswered(world: LoopbackWorld) -> None:
    """The network takes something, its answer is lost, and then it is taken back."""
    alice, bob, room, network = world.alice, world.bob, world.room, world.network
    await bob.say(CHAT, "apple", id="m1")
    apple = await world.seen("apple")
    network.after.append(only(_lost, Reaction))
    reaction = await alice.react(room, apple, "👍")
    await alice.redact(room, reaction)
    network.after.append(only(_lost, Edit))
    words = await alice.say(room, "words")
    await alice.edit(room, words, "better words")
    network.after.append(only(_lost, Deletion))
    await alice.redact(room, await alice.say(room, "a slip"))
    network.after.append(only(_lost, Message))
    await alice.redact(room, await alice.say(room, "another slip"))
    await alice.say(room, "the end")
    await world.heard("the end")


async def _late(_: object) -> None:
    await asyncio.sleep(2)  # virtual


def _lost(_: object) -> Exception:
    return ConnectionResetError("the answer was lost")


async def raw(world: LoopbackWorld) -> None:
    """What takes a look to be understood."""
    network = world.network
    first = [missed(world, "raw one", "r1"), missed(world, "raw two", "r2")]
    third = missed(world, "raw three", "r3")
    for event in first:
        network.happen(event)
    await network.raw(CHAT, "k1", b"1", lambda: first)
    await world.bob.say(CHAT, "plain", id="m1")
    network.happen(third)
    await network.raw(CHAT, "k2", b"2", lambda: [third])
    await world.seen("raw three")


async def lossy(world: LoopbackWorld) -> None:
    """The homeserver takes things and does not say so, is busy, fails."""
    bob, hs = world.bob, world.hs
    hs.lose_answer("PUT", "/send/", times=3)
    await bob.say(CHAT, "one", id="m1")
    await bob.say(CHAT, "two", id="m2")
    await bob.react(CHAT, "m1", "👍")
    await world.seen("two")
    hs.fail("PUT", "/send/", status=429, errcode="M_LIMIT_EXCEEDED", retry_after_ms=500, times=2)
    hs.lose_answer("PUT", "/redact/")
    await bob.say(CHAT, "three", id="m3")
    await bob.delete(CHAT, "m1")
    hs.lose_answer("PUT", "/send/", times=2)
    await bob.edit(CHAT, "m2", "two, better", stamp="1")
    await world.alice.say(world.room, "hello?")
    await world.network.person("dave").say(CHAT, "four", id="m4")
    await world.seen("four")
    await world.heard("hello?")
