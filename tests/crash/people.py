"""Who comes, goes, is put out, is called what, may do what, has read how far."""

from __future__ import annotations

from bridgekit.facts import Rank
from bridgekit.ids import RemoteUserID
from tests.crash.world import CHAT, LoopbackWorld


async def coming_and_going(world: LoopbackWorld) -> None:
    bob, alice, room = world.bob, world.alice, world.room
    dave, erin = world.network.person("dave"), world.network.person("erin")
    await dave.join(CHAT)
    await erin.join(CHAT)
    await dave.leave(CHAT, "tired")
    await erin.say(CHAT, "still here", id="m1")
    still = await world.seen("still here")
    await alice.read(room, still)
    await alice.say(room, "good")
    good = await world.heard("good")
    await bob.read(CHAT, good)
    frank = world.hs.person("frank")
    await frank.join(room)
    await frank.say(room, "frank was here")
    await world.heard("frank was here")
    await frank.leave(room)


async def moderation(world: LoopbackWorld) -> None:
    bob, room = world.bob, world.room
    dave = world.network.person("dave")
    await dave.say(CHAT, "spam", id="m1")
    await world.seen("spam")
    await bob.kick(CHAT, "dave", "spam")
    await bob.ban(CHAT, "mallory", "known")
    await bob.unban(CHAT, "mallory")
    await bob.say(CHAT, "gone", id="m2")
    await world.seen("gone")
    await dave.join(CHAT)
    await dave.say(CHAT, "back", id="m3")
    await world.seen("back")
    await world.alice.say(room, "fine")
    await world.heard("fine")


async def names_and_ranks(world: LoopbackWorld) -> None:
    await world.network.rename("bob", "Robert")
    await world.bob.set_rank(CHAT, "bob", Rank.ADMIN)
    await world.bob.set_rank(CHAT, "alice", Rank.MODERATOR)
    await world.bob.say(CHAT, "as robert", id="m1")
    await world.alice.set_display_name("Alice A.")
    await world.alice.say(world.room, "as alice a.")
    await world.seen("as robert")
    await world.heard("as alice a.")


async def putting_out(world: LoopbackWorld) -> None:
    """Alice does on Matrix what the network is to do."""
    dave, room, chat = world.network.person("dave"), world.room, world.network.chat(CHAT)
    await dave.say(CHAT, "spam", id="m1")
    await world.seen("spam")
    ghost = "@loop_dave:example.org"
    await world.alice.ban(room, ghost, "spam")
    await world.until(lambda: "dave" in chat.banned)
    await world.alice.unban(room, ghost)
    await world.until(lambda: "dave" not in chat.banned)
    await world.alice.say(room, "peace")
    await world.heard("peace")


async def inviting(world: LoopbackWorld) -> None:
    """Both sides ask somebody in; Alice gives a rank, and puts somebody out."""
    alice, bob, room, chat = world.alice, world.bob, world.room, world.network.chat(CHAT)
    dave = world.network.person("dave")
    frank = world.hs.person("frank")
    await frank.join(room)
    await frank.say(room, "frank was here")
    await world.heard("frank was here")
    await frank.leave(room)
    await alice.say(room, "bye frank")  # behind which his leaving is not repeated any more
    await world.heard("bye frank")
    await bob.invite(CHAT, "frank")
    await alice.invite(room, "@loop_erin:example.org", "come in")
    await world.until(lambda: "erin" in chat.invited)
    await alice.say(room, "welcome erin")  # behind which the invitation is not repeated
    await world.heard("welcome erin")
    await world.network.person("erin").join(CHAT)
    await dave.say(CHAT, "let me speak", id="m1")
    await world.seen("let me speak")
    ghost = "@loop_dave:example.org"
    await alice.set_power(room, ghost, 50)
    await world.until(lambda: chat.members.get(RemoteUserID("dave")) is Rank.MODERATOR)
    await alice.set_power(room, ghost, 0)
    await world.until(lambda: chat.members.get(RemoteUserID("dave")) is Rank.MEMBER)
    await alice.kick(room, ghost, "enough")
    await world.until(lambda: "dave" not in chat.members)
    await alice.say(room, "peace")
    await world.heard("peace")
