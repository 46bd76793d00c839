"""IRC and loopback in one room of a real Synapse: whoever talks is heard everywhere once, by name.

Alice has a double puppet, sara only a login, rico neither; bob and rosa are on the networks.
Strangers of Matrix are heard nowhere, and are told by which rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import pytest

from bridgekit.events import Deletion, Edit, Message, Reaction, Receipt
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from bridgekit.testing.homeserver import MatrixError, Person
from bridgekit.testing.rig import DOMAIN
from tests.integration.conversation import (
    PATIENCE,
    STRANGERS,
    Scene,
    conversation,
    strangers_speak,
    text_of,
)
from tests.integration.synapse_rig import BOT

pytestmark = [pytest.mark.synapse, pytest.mark.ngircd]

T = TypeVar("T")


@pytest.fixture
async def scene(request, tmp_path, ngircd) -> AsyncIterator[Scene]:
    automatic = getattr(request, "param", "automatic") == "automatic"
    async with conversation(tmp_path, ngircd, automatic=automatic) as scene:
        yield scene


@pytest.mark.parametrize("scene", ["by a token", "automatic"], indirect=True)
async def test_everybody_is_heard_everywhere_once_and_under_the_right_name(scene, request):
    automatic = request.node.callspec.params["scene"] == "automatic"
    await strangers_speak(scene.strangers, scene.room)
    alice, sara, rico = "alice on matrix", "sara on matrix", "rico on matrix"
    await scene.alice.say(scene.room, alice)
    await scene.sara.say(scene.room, sara)
    await scene.rico.say(scene.room, rico)
    assert await scene.on_loopback(alice) == ("loop:own-alice", "alice", False)
    assert await scene.on_loopback(sara) == ("loop:own-sara", "sara", False)
    assert await scene.on_loopback(rico) == ("loop:bot", "rico", True)
    assert await scene.on_irc(alice) == ("alice", alice)
    assert await scene.on_irc(sara) == ("sara", sara)
    assert await scene.on_irc(rico) == ("gardener", f"<rico> {rico}")

    for nick in ("alice", "sara", "bob"):
        await scene.loop.say("#room", nick, f"{nick} on loopback", id=f"phone-{nick}")
    assert await scene.on_matrix("alice on loopback") == f"@alice:{DOMAIN}"
    saras = f"@sara:{DOMAIN}" if automatic else f"@loop_sara:{DOMAIN}"
    assert await scene.on_matrix("sara on loopback") == saras
    assert await scene.on_matrix("bob on loopback") == f"@loop_bob:{DOMAIN}"
    assert await scene.on_irc("alice on loopback") == ("alice", "alice on loopback")
    by_sara = ("sara", "sara on loopback") if automatic else ("gardener", "<Sara> sara on loopback")
    assert await scene.on_irc("sara on loopback") == by_sara
    assert await scene.on_irc("bob on loopback") == ("gardener", "<Bob> bob on loopback")

    scene.rosa.say("#room", "rosa on irc")
    assert await scene.on_matrix("rosa on irc") == f"@irc_rosa:{DOMAIN}"
    assert await scene.on_loopback("rosa on irc") == ("loop:bot", "rosa", True)

    await scene.alice.say(scene.room, "the end")
    await scene.on_irc("the end")
    await scene.on_loopback("the end")
    # Behind the end nothing more can come of what was said before it: it was all said once.
    assert sorted(scene.loop.texts()) == sorted([alice, sara, rico, "rosa on irc", "the end"])
    senders = {f"@{name}:{DOMAIN}" for name in STRANGERS} | {BOT}
    all_ = [one for one in await scene.alice.messages(scene.room) if one["sender"] not in senders]
    bodies = [text_of(one) for one in all_]
    assert len(bodies) == len(set(bodies)) == 8, bodies
    assert len([one for one in scene.rosa.lines if one.command == "PRIVMSG"]) == 7


async def test_what_she_changes_on_her_telephone_is_changed_as_herself(scene):
    await scene.loop.say("#room", "alice", "frist", id="m1")
    await scene.on_matrix("frist")
    edit = Edit(MessageID("m1"), Message(from_plain("first")), stamp="2")
    await scene.loop.emit("#room", "alice", edit)
    assert await scene.on_matrix("* first") == f"@alice:{DOMAIN}"
    scene.rosa.say("#room", "hello")
    await scene.on_matrix("hello")
    await scene.on_loopback("hello")
    await scene.loop.emit("#room", "alice", Reaction(MessageID("sent-0"), "👍"))
    async with asyncio.timeout(PATIENCE):
        reaction = await scene.alice.wait_for(
            scene.room, lambda event: event["type"] == "m.reaction"
        )
    assert reaction["sender"] == f"@alice:{DOMAIN}"
    await scene.loop.emit("#room", "alice", Deletion(MessageID("m1")))
    async with asyncio.timeout(PATIENCE):
        gone = await scene.alice.wait_for(
            scene.room, lambda event: event["type"] == "m.room.redaction"
        )
    assert gone["sender"] == f"@alice:{DOMAIN}"
    kinds = [act.kind for act in scene.loop.acts]
    # Rosa's message, and nothing of alice's; but that people came to the room may be heard late.
    assert [kind for kind in kinds if kind != "membership"] == ["message"]


async def test_her_account_follows_her_private_chats_and_what_she_has_read(scene):
    login = "loop:own-alice"
    await scene.loop.say("bob", "bob", "psst", id="p1", to=login)
    direct = await _synced(scene.alice, lambda: _direct(scene.alice))
    ((other, (room,)),) = direct.items()
    assert other == f"@loop_bob:{DOMAIN}"
    assert scene.alice.user_id in await scene.alice.members(room)
    async with asyncio.timeout(PATIENCE):
        event = await scene.alice.wait_for(room, lambda event: text_of(event) == "psst")
    await scene.loop.emit("bob", "alice", Receipt(MessageID("p1")), to=login)
    read = await _synced(scene.alice, lambda: _fully_read(scene.alice, room))
    assert read == event["event_id"]
    assert scene.loop.acted(Receipt) == []


async def _synced(person: Person, found: Callable[[], Awaitable[T]]) -> T:
    """What is found, once it is: looked for whenever the homeserver has something new for them."""
    async with asyncio.timeout(PATIENCE), aclosing(person._connection.changes()) as changes:
        async for _ in changes:
            if something := await found():
                return something
    raise AssertionError("changes never end")


async def _direct(person: Person) -> dict[str, list[str]]:
    return await _account_data(person, f"/user/{person.user_id}/account_data/m.direct")


async def _fully_read(person: Person, room: str) -> str | None:
    path = f"/user/{person.user_id}/rooms/{room}/account_data/m.fully_read"
    return (await _account_data(person, path)).get("event_id")


async def _account_data(person: Person, path: str) -> dict[str, Any]:
    try:
        return dict(await person.request("GET", path))
    except MatrixError as error:
        if error.errcode != "M_NOT_FOUND":
            raise
        return {}
