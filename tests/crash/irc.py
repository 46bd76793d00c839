"""What happens on IRC and in the room of its channel while the bridge is attacked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.crash.on_irc import IRCWorld

CHANNEL = "#room"


async def talk(world: IRCWorld) -> None:
    alice, room = world.alice, world.room
    await world.says("bob", "one")
    await world.acts("carol", "waves two")
    await alice.say(room, "three")
    await world.says("bob", "four", "NOTICE")
    await alice.say(room, "five", msgtype="m.emote")
    await alice.say(room, "six\nseven\neight")
    await world.heard("eight")
    await world.says("bob", "nine")
    await world.shown("nine")
    ten = await alice.say(room, "ten")
    await world.heard("ten")
    await alice.edit(room, ten, "eleven")
    await alice.reply(room, ten, "twelve")
    await alice.say(room, "the end")
    await world.heard("the end")


async def whispered(world: IRCWorld) -> None:
    """Alice has a room with Bob."""
    await world.whispers("bob", "hey")
    world.matrix.room = await world.matrix.invited()
    await world.alice.join(world.room)


async def private(world: IRCWorld) -> None:
    """Between Bob and Alice's own connection."""
    await world.whispers("bob", "psst")
    await world.shown("psst")
    await world.alice.say(world.room, "yes?")
    await world.whispers("bob", "are you there?")
    await world.heard("yes?")
    await world.alice.say(world.room, "I am")
    await world.heard("I am")


def level(world: IRCWorld, user: str) -> int:
    """What the room's power levels say of somebody."""
    return int(world.matrix.state("m.room.power_levels")["users"].get(user, 0))


async def rule(world: IRCWorld) -> None:
    """Topics, people who come and go, who may do what, and who is put out: both ways."""
    alice, room, channel = world.alice, world.room, world.server.channel(CHANNEL)
    await world.does("bob", "TOPIC", CHANNEL, "Roses")
    await world.does("dave", "JOIN", CHANNEL)
    await world.does("erin", "JOIN", CHANNEL)
    await world.does("bob", "MODE", CHANNEL, "+o", "carol")
    await world.does("erin", "PART", CHANNEL, "tired")
    await world.does("carol", "NICK", "karla")
    await world.does("bob", "KICK", CHANNEL, "dave", "spam")
    await world.says("karla", "it is me")
    await world.shown("it is me")
    await world.until(lambda: level(world, "@irc_karla:example.org") == 50)
    await world.until(lambda: world.matrix.state("m.room.topic").get("topic") == "Roses")
    await alice.set_topic(room, "Tulips")
    await world.until(lambda: channel.topic == "Tulips")
    await alice.kick(room, "@irc_bob:example.org", "enough")
    await world.until(lambda: "bob" not in channel.members)
    await alice.say(room, "the end")
    await world.heard("the end")
    await world.says("karla", "so be it")
    await world.shown("so be it")


async def broken(world: IRCWorld) -> None:
    """The server cuts all connections, and they come back."""
    await world.says("bob", "before")
    await world.shown("before")
    await world.alice.say(world.room, "before, too")
    await world.heard("before, too")
    for connection in list(world.server.connections.values()):
        connection.drop()
    await world.alice.say(world.room, "in between")
    await world.heard("in between")
    await world.says("bob", "after")
    await world.shown("after")


async def batched(world: IRCWorld) -> None:
    """Messages of several lines, of which a kill may have read the beginning."""
    await world.says("bob", "before")
    await world.says_lines("carol", "uno", "due", "tre")
    await world.says_lines("bob", "quattro", "cinque")
    await world.alice.say(world.room, "basta")
    await world.heard("basta")
    await world.says("carol", "after")
    await world.shown("after")


@dataclass(frozen=True, slots=True)
class Play:
    """As in `tests.crash.scenarios`."""

    act: Callable[[IRCWorld], Awaitable[None]]
    events: int
    tells: Sequence[str] = ()
    prepare: Callable[[IRCWorld], Awaitable[None]] | None = None
    own_room: bool = False
    """The room is Alice's, and she may do everything there."""


PLAYS: Mapping[str, Play] = {
    "irc-talk": Play(talk, 12, tells=["has no replies", "cannot change messages"]),
    "irc-private": Play(private, 4, prepare=whispered),
    "irc-rule": Play(rule, 12, own_room=True),
    "irc-broken": Play(broken, 5),
    "irc-batch": Play(batched, 5),
}
