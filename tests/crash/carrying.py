"""Files, both ways: of every kind, alone, with words, several at once."""

from __future__ import annotations

import asyncio

from bridgekit.facts import AttachmentKind
from tests.core.media.samples import MP4, OGG
from tests.crash.world import CHAT, LoopbackWorld

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


async def files(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.attach(CHAT, bob.file("a.png", PIXEL, "image/png"), id="m1")
    await bob.attach(CHAT, bob.file("b.txt", b"text", "text/plain"), caption="look", id="m2")
    await alice.send_file(room, "c.png", "image/png", PIXEL)
    await alice.send_file(room, "d.txt", "text/plain", b"more", caption="see")
    await alice.sticker(room, "a cat", "image/png", PIXEL)
    await bob.say(CHAT, "after the files", id="m3")
    await world.seen("after the files")
    await alice.say(room, "so am I")
    await world.heard("so am I")


async def read_later(world: LoopbackWorld) -> None:
    """Whoever could read the files connects only long after the bridge has started."""
    bob = world.bob

    async def slowly(_: object) -> None:
        await asyncio.sleep(30)  # virtual

    world.network.connecting = slowly
    await bob.attach(CHAT, bob.file("a.png", PIXEL, "image/png"), id="m1")
    await bob.say(CHAT, "after the first", id="m2")
    await bob.attach(CHAT, bob.file("b.txt", b"text", "text/plain"), caption="look", id="m3")
    await bob.say(CHAT, "after the files", id="m4")
    await world.seen("after the files")


async def recordings(world: LoopbackWorld) -> None:
    alice, bob, room = world.alice, world.bob, world.room
    await bob.attach(CHAT, bob.file("song.ogg", OGG, "audio/ogg"), id="m1")
    await bob.attach(CHAT, bob.file("film.mp4", MP4, "video/mp4"), id="m2")
    voice = bob.file("voice.ogg", OGG, "audio/ogg", AttachmentKind.VOICE, duration=1.5)
    await bob.attach(CHAT, voice, id="m3")
    cat = bob.file("a happy cat", PIXEL, "image/png", AttachmentKind.STICKER)
    await bob.attach(CHAT, cat, id="m4")
    two = [bob.file(name, PIXEL, "image/png") for name in ("left.png", "right.png")]
    await bob.attach(CHAT, *two, caption="both of them", id="m5")
    await alice.send_file(room, "tune.ogg", "audio/ogg", OGG)
    await alice.send_file(room, "clip.mp4", "video/mp4", MP4)
    await alice.voice(room, OGG, 1500)
    await bob.delete(CHAT, "m5")
    await bob.say(CHAT, "the end", id="m6")
    await world.seen("the end")
    await alice.say(room, "so it is")
    await world.heard("so it is")
