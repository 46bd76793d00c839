"""What is said to the bot before it is in: clients make the room with the first message."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.intents import Intents
from bridgekit.store.writer import Writer
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig
from tests.core.commands.conftest import BOT, joined

SECRET = "horse-battery"
NAMES = ("whoami", "networks", "my-data", "stats")


async def invited(rig: Rig, *words: str, **options: Any) -> tuple[Person, str]:
    """A person, and a room of theirs in which they speak before the bot hears that there is one."""
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], direct=True, **options)
    for text in words:
        await alice.say(room, f"help {text}")
    return alice, room


def answers(rig: Rig, room: str) -> list[str]:
    """Which commands the bot has explained, in order."""
    events = rig.hs.world.rooms[room].events
    told = [one for one in events if one.sender == BOT and one.type == "m.room.message"]
    bodies = [str(one.content.get("body")) for one in told]
    return [name for body in bodies for name in NAMES if name in body.partition("\n")[0]]


async def answered(rig: Rig, room: str, *words: str) -> None:
    await rig.hs.wait_for(lambda: len(answers(rig, room)) >= len(words) or None, "the answers")
    assert answers(rig, room) == list(words)


async def test_commands_are_answered_in_order(rig):
    await rig.start()
    rig.hs.hold()
    alice, room = await invited(rig, "stats", "whoami", "networks")
    gone = await alice.say(room, "help stats")
    await alice.redact(room, gone)
    rig.hs.release()
    await alice.wait_for(room, joined)
    await alice.say(room, "help my-data")
    await answered(rig, room, "stats", "whoami", "networks", "my-data")


async def test_commands_are_answered_that_were_said_while_the_bridge_was_down(rig):
    await rig.start()
    await rig.kill()
    _, room = await invited(rig, "whoami", "networks")
    await rig.start()
    await answered(rig, room, "whoami", "networks")


@pytest.mark.parametrize(
    ("place", "step"),
    [(Intents, "recent"), (Inbox, "_append"), (Inbox, "_split"), (Inbox, "drained")],
)
async def test_each_is_answered_once_wherever_the_bridge_is_killed(rig, monkeypatch, place, step):
    await rig.start()
    rig.hs.hold()
    alice, room = await invited(rig, "whoami", "networks")
    await killed_at(rig, monkeypatch, place, step)
    await alice.wait_for(room, joined)
    await alice.say(room, "help my-data")
    await answered(rig, room, "whoami", "networks", "my-data")


async def killed_at(rig: Rig, monkeypatch: Any, place: type, step: str) -> None:
    """The bot is in; the bridge gets no further than that step, and another one is started."""
    reached, real = asyncio.Event(), getattr(place, step)

    async def hang(*which: Any, **how: Any) -> Any:
        if "before the bot" not in f"{step} {which}" and step not in ("recent", "drained"):
            return await real(*which, **how)
        reached.set()
        return await asyncio.get_running_loop().create_future()

    with monkeypatch.context() as patch:
        patch.setattr(place, step, hang)
        rig.hs.release()
        await reached.wait()
        await rig.kill()
    await rig.start()


async def test_a_second_try_to_look_does_as_well_and_what_came_since_waits_its_turn(rig):
    await rig.start()
    rig.hs.hold()
    failed = rig.hs.fail("GET", "/messages")
    alice, room = await invited(rig, "whoami", "networks")
    rig.hs.release()
    await alice.wait_for(room, joined)
    await alice.say(room, "help my-data")
    await answered(rig, room, "whoami", "networks", "my-data")
    assert failed.struck


async def test_a_secret_is_not_stored_as_it_was_said(rig, monkeypatch):
    stored: list[str] = []
    write = Writer.write

    async def seen(self: Writer, operation: Any, **rest: Any) -> Any:
        stored.append(repr(operation))
        return await write(self, operation, **rest)

    await rig.start()
    rig.hs.hold()
    alice, room = await invited(rig)
    await alice.say(room, f"puppet-token {SECRET}")
    await alice.say(room, "help networks")
    monkeypatch.setattr(Writer, "write", seen)
    rig.hs.release()
    await answered(rig, room, "networks")
    assert "before the bot" in str(stored)
    assert SECRET not in str(stored)


async def test_what_was_said_before_the_invitation_was_not_said_to_the_bot(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(preset="trusted_private_chat")
    await alice.say(room, "help whoami")
    rig.hs.hold()
    await alice.invite(room, BOT)
    await alice.say(room, "help networks")
    rig.hs.release()
    await answered(rig, room, "networks")


async def test_in_a_room_with_others_only_what_has_the_prefix_is_for_the_bot(rig):
    await rig.start()
    rig.hs.hold()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], preset="public_chat")
    carol = rig.hs.person("carol")
    await carol.join(room)
    for text in ("good morning to all", "!bridge help whoami"):
        await carol.say(room, text)
    rig.hs.release()
    await answered(rig, room, "whoami")


async def test_what_was_pushed_is_not_answered_again_when_the_bot_comes_back(rig):
    await rig.start()
    alice, room = await invited(rig, "whoami")
    await answered(rig, room, "whoami")
    await alice.say(room, "help networks")
    await answered(rig, room, "whoami", "networks")
    await alice.kick(room, BOT)
    rig.hs.hold()
    await alice.invite(room, BOT)
    await alice.say(room, "help my-data")
    rig.hs.release()
    await answered(rig, room, "whoami", "networks", "my-data")
