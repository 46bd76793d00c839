"""In which words and shapes people speak: mentions, quotations, what was forwarded, what is odd."""

from __future__ import annotations

from bridgekit.events import Message, MessageKind
from bridgekit.ids import MessageID
from bridgekit.richtext import Bold, Mention, RoomMention, Text
from tests.crash.world import CHAT, LoopbackWorld

BOB = "@loop_bob:example.org"
LINK = f'<a href="https://matrix.to/#/{BOB}">Bob</a>'


async def said_here(world: LoopbackWorld) -> None:
    alice, room = world.alice, world.room
    await world.bob.say(CHAT, "many words", id="m1")
    words = await world.seen("many words")
    await alice.say(room, "Bob: look", html=f"{LINK}: look", mention=[BOB])
    await alice.say(room, "@room wake up", mention_room=True)
    await alice.say(room, "very bold", html="very <strong>bold</strong>")
    await alice.quote(room, "many", "why many?", of=words)
    await alice.say(room, "Alice rolled 6", msgtype="org.example.dice")
    await alice.say(room, "lang " * 100)
    await alice.say(room, "that was all")
    await world.heard("that was all")


async def said_there(world: LoopbackWorld) -> None:
    bob = world.bob
    await world.alice.say(world.room, "many words")
    words = MessageID(await world.heard("many words"))
    await bob.say(CHAT, (Mention("alice", user=world.me), Text(": see")), id="m1")
    await bob.say(CHAT, (RoomMention(), Text(" and all")), id="m2")
    await bob.say(CHAT, (Text("very "), Bold((Text("<big>"),))), id="m3")
    quoting = Message((Text("why many?"),), reply_to=words, quote=(Text("many"),))
    await bob.does(CHAT, quoting, id="m4")
    await bob.does(CHAT, Message((Text("old news"),), forwarded_from="Carol"), id="m5")
    await bob.does(CHAT, Message((Text("beep"),), MessageKind.NOTICE), id="m6")
    await bob.does(CHAT, Message((Text("waves"),), MessageKind.EMOTE), id="m7")
    shouted = Message((Text("to all"),), thread=MessageID("m3"), broadcast=True)
    await bob.does(CHAT, shouted, id="m8")
    await bob.unsupported(CHAT, "Bob sent a dice roll", id="m9")
    await bob.say(CHAT, "that was all", id="m10")
    await world.seen("that was all")
