"""What each kind of person changes, deletes and reacts to is changed on both networks, as them.

Alice has a double puppet, sara only a login, rico neither; bob is a stranger, on loopback. IRC has
no way for any of it: there it is a line, of whoever speaks for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bridgekit.testing.rig import DOMAIN
from tests.integration.conversation import PATIENCE, Scene, conversation, strangers_meddle

pytestmark = [pytest.mark.synapse, pytest.mark.ngircd]

CHAT = "#room"


@pytest.fixture
async def scene(tmp_path, ngircd) -> AsyncIterator[Scene]:
    async with conversation(tmp_path, ngircd, automatic=False) as scene:
        yield scene


async def over_there(scene: Scene, condition: Callable[[], object]) -> None:
    await scene.loop.wait(lambda: bool(condition()), within=PATIENCE)


async def irc_says(scene: Scene, nick: str, words: str) -> None:
    """One line of this nick has these words, and none of anybody else."""

    def nicks() -> list[str]:
        lines = [one for one in scene.rosa.lines if one.command == "PRIVMSG"]
        return [one.nick for one in lines if words in one.text]

    await scene.rosa.wait(lambda: bool(nicks()), within=PATIENCE)
    assert nicks() == [nick]


async def test_what_people_change_on_matrix_is_changed_on_both_networks(scene):
    chat = scene.loop.chat(CHAT)
    await scene.loop.say(CHAT, "bob", "good morning", id="b1")
    await scene.on_matrix("good morning")
    await scene.on_irc("good morning")
    (bobs,) = [
        one["event_id"]
        for one in await scene.alice.messages(scene.room)
        if one["content"].get("body") == "good morning"
    ]
    # Who speaks for each: over there, and on IRC.
    speakers = {"alice": ("alice", "alice"), "sara": ("sara", "sara"), "rico": ("bot", "gardener")}
    for name, (me, nick) in speakers.items():
        person = getattr(scene, name)
        event = await person.say(scene.room, f"a wrod of {name}")
        await scene.on_irc(f"a wrod of {name}")
        await over_there(scene, lambda name=name: f"a wrod of {name}" in chat.texts())
        told = chat.with_text(f"a wrod of {name}")
        assert told.sender == me

        await person.edit(scene.room, event, f"a word of {name}")
        await over_there(scene, lambda name=name, told=told: told.text == f"a word of {name}")
        await irc_says(scene, nick, f"* a word of {name}" if nick == name else f"a word of {name}")

        await person.react(scene.room, bobs, "👍")
        await over_there(scene, lambda me=me: me in chat.messages["b1"].reactions.get("👍", ()))

        await person.redact(scene.room, event)
        await over_there(scene, lambda told=told: told.deleted)
    await strangers_meddle(scene.strangers, scene.room, bobs)
    await scene.alice.say(scene.room, "the end")
    await scene.on_irc("the end")  # behind which nothing more can come
    lines = [one for one in scene.rosa.lines if one.command == "PRIVMSG"]
    reacted = sorted(one.nick for one in lines if "reacted with 👍" in one.text)
    assert reacted == deleted_by(scene) == ["alice", "gardener", "sara"]
    await scene.on_loopback("the end")
    assert len(chat.messages) == 5, "nothing went round, nor came from a stranger"
    assert list(chat.messages["b1"].reactions) == ["👍"]


async def test_what_people_change_over_there_is_changed_in_the_room_and_on_irc(scene):
    scene.rosa.say(CHAT, "good morning")
    await scene.on_matrix("good morning")
    await scene.on_loopback("good morning")
    rosas = scene.loop.chat(CHAT).with_text("good morning").id
    # Who shows it in the room, and who says it on IRC.
    speakers = {"alice": ("alice", "alice"), "sara": ("loop_sara", "gardener")}
    speakers["bob"] = ("loop_bob", "gardener")
    for number, (who, (localpart, nick)) in enumerate(speakers.items()):
        person, mxid, emoji = scene.loop.person(who), f"@{localpart}:{DOMAIN}", "👍🎉🐟"[number]
        await person.say(CHAT, f"a wrod of {who}", id=who)
        await irc_says(scene, nick, f"a wrod of {who}")
        await person.edit(CHAT, who, f"a word of {who}", stamp="1")
        assert await scene.on_matrix(f"* a word of {who}") == mxid
        await irc_says(scene, nick, f"a word of {who}")

        await person.react(CHAT, rosas, emoji)
        await scene.alice.wait_for(scene.room, of("m.reaction", mxid))
        await irc_says(scene, nick, f"reacted with {emoji}")

        await person.delete(CHAT, who)
        await scene.alice.wait_for(scene.room, of("m.room.redaction", mxid))
    scene.rosa.say(CHAT, "the end")
    await scene.on_matrix("the end")
    await scene.on_loopback("the end")
    await scene.rosa.wait(lambda: len(deleted_by(scene)) == 3, within=PATIENCE)
    assert deleted_by(scene) == ["alice", "gardener", "gardener"]
    events = await scene.alice.events(scene.room)
    people = {f"@{localpart}:{DOMAIN}" for localpart, _ in speakers.values()}
    for kind in ("m.reaction", "m.room.redaction"):
        assert {one["sender"] for one in events if one["type"] == kind} == people
    assert len(scene.loop.chat(CHAT).messages) == 5, "nothing of it came back"


def of(kind: str, sender: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: (event["type"], event["sender"]) == (kind, sender)


def deleted_by(scene: Scene) -> list[str]:
    """The nicks that say on IRC that something was deleted."""
    lines = [one for one in scene.rosa.lines if one.command == "PRIVMSG"]
    return sorted(one.nick for one in lines if "deleted the message" in one.text)
