"""Encrypted rooms: what is said is encrypted on its way to Alice, and on her way to the bridge.

That all of it can be read, and no place of a key was used twice, is looked at in every play: what
her client cannot read is trouble.
"""

from __future__ import annotations

import asyncio

from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.trust import Trust, owner_of
from bridgekit.testing.encrypted.person import EncryptedPerson, encrypted_person
from bridgekit.testing.rig import DOMAIN
from tests.crash import rooms
from tests.crash.world import CHAT, LoopbackWorld

MOST = 3  # messages for which a key is used
_ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": MEGOLM, "rotation_period_msgs": MOST},
}


async def linked(world: LoopbackWorld) -> None:
    """Alice's room is encrypted, and has the chat."""
    world.room = await rooms.own_room(world.alice, initial_state=[_ENCRYPTION])
    await rooms.link(world)
    await world.both_spoke()


async def from_nothing(world: LoopbackWorld) -> None:
    """The bridge makes its device, and both speak for the first time."""
    await linked(world)


async def talk(world: LoopbackWorld) -> None:
    """With more messages than a key is used for."""
    alice, bob, room = world.alice, world.bob, world.room
    event = await alice.say(room, "one")
    await bob.say(CHAT, "two", id="m2")
    two = await world.seen("two")
    one = await world.heard("one")
    await bob.reply(CHAT, one, "three", id="m3")
    await alice.edit(room, event, "uno")
    await alice.reply(room, two, "four")
    await bob.edit(CHAT, "m2", "due", stamp="1")
    await bob.say(CHAT, "five", id="m5")
    await bob.delete(CHAT, "m3")
    await alice.react(room, two, "👍")
    await bob.say(CHAT, "six", id="m6")
    await world.heard("four")
    await world.seen("six")


async def of_two(world: LoopbackWorld) -> None:
    """Each ghost by a device of its own, one of which is made meanwhile, and with its own keys."""
    alice, bob, room = world.alice, world.bob, world.room
    assert isinstance(alice, EncryptedPerson)
    carol = world.network.person("carol")
    for number in range(MOST + 1):
        await bob.say(CHAT, f"bob {number}", id=f"b{number}")
        await carol.say(CHAT, f"carol {number}", id=f"c{number}")
    await world.seen(f"carol {MOST}")
    await alice.say(room, "to both")
    await world.heard("to both")
    for name in ("bob", "carol"):
        ghost = f"@loop_{name}:{DOMAIN}"
        answer = await alice.request("POST", "/keys/query", {"device_keys": {ghost: []}})
        ((device, keys),) = answer["device_keys"][ghost].items()
        assert owner_of(ghost, answer, None).trusts(keys) is Trust.CROSS_SIGNED_TOFU
        for number in range(MOST + 1):
            for event in _encrypted(world, f"{name} {number}"):
                assert event["content"]["device_id"] == device
                assert alice.keys.giver(event["content"]["session_id"]) == ghost


async def devices(world: LoopbackWorld) -> None:
    """A device and a person come, and are gone: who is there reads what is said then."""
    alice, bob, room = world.alice, world.bob, world.room
    second = await encrypted_person(world.hs, "alice")
    carol = await encrypted_person(world.hs, "carol")
    await carol.join(room)
    await asyncio.sleep(5)  # virtual: the bridge has heard of both
    await bob.say(CHAT, "to three devices", id="m1")
    for reader in (alice, second, carol):
        await _reads(reader, room, "to three devices")
    await carol.say(room, "from carol")
    await world.heard("from carol")  # whose key comes later is overtaken
    await second.say(room, "from the second")
    await world.heard("from the second")
    await carol.leave(room)
    await second.request("POST", "/logout", {})
    await asyncio.sleep(5)  # virtual: the bridge has heard of that
    await bob.say(CHAT, "to one device", id="m2")
    await world.seen("to one device")
    await alice.say(room, "alone")
    await world.heard("alone")
    given = {event["content"]["session_id"] for event in _encrypted(world, "to one device")}
    assert given.isdisjoint(carol.keys.sessions | second.keys.sessions)


async def late_key(world: LoopbackWorld) -> None:
    """Alice's key comes when she was told already that it is missing; others are not held up."""
    alice, bob, room = world.alice, world.bob, world.room
    assert isinstance(alice, EncryptedPerson)
    content = {"msgtype": "m.text", "body": "too early"}
    key = await alice.send_before_its_key(room, "m.room.message", content)
    await bob.say(CHAT, "meanwhile", id="m1")
    await world.seen("meanwhile")
    await world.until(lambda: world.matrix.told_of("I cannot read this message yet"))
    await alice.give_key(key)
    await alice.say(room, "right behind")  # with the same key, which may be there by now
    # It says when it was said, as others have overtaken it; she herself has not.
    heard = world.network.chat(CHAT).messages
    await world.heard("right behind")
    texts = [one.text for one in heard.values()]
    (late,) = [place for place, text in enumerate(texts) if text.endswith("too early")]
    assert late < texts.index("right behind")


async def first_words(world: LoopbackWorld) -> None:
    """Alice makes an encrypted direct chat by them: nobody but the ghost's device has their key."""
    world.hs.hold()
    room = await world.alice.create_room(
        invite=[rooms.GHOST], preset="trusted_private_chat", direct=True, encrypted=True
    )
    for words in ("one", "two"):
        await world.alice.say(room, words)
    world.hs.release()
    private = world.network.chat("bob", world.login)
    for words in ("one", "two"):
        await world.heard(words, private)
    await world.alice.say(room, "three")
    await world.heard("three", private)
    await world.bob.say("bob", "four", id="p1", to=world.login)
    await world.until(lambda: world.matrix.shows("four", room))


async def _reads(reader: EncryptedPerson, room: str, body: str) -> None:
    await reader.wait_for(room, lambda event: event["content"].get("body") == body)


def _encrypted(world: LoopbackWorld, body: str) -> list[dict]:
    """The events with this text, as the homeserver has them."""
    events = [event.for_clients(0) for event in world.hs.world.rooms[world.room].events]
    return [one for one in events if world.alice.opened(one)["content"].get("body") == body]
