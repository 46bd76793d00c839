"""All further networks and loopback in one room of a real Synapse: who talks is heard everywhere
once, under the right name, what they change is changed everywhere, and strangers are told why not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from bridgekit.events import Deletion, Edit, Message, Reaction
from bridgekit.richtext import from_plain
from bridgekit.testing.rig import DOMAIN
from tests.integration.conversation import name_of, strangers_meddle, strangers_speak
from tests.integration.networks import GONE, SARAS, Scene, all_networks

pytestmark = pytest.mark.synapse


@pytest.fixture
async def scene(tmp_path, database) -> AsyncIterator[Scene]:
    async with all_networks(tmp_path, database) as scene:
        yield scene


async def test_everybody_is_heard_on_every_network_once_and_under_the_right_name(scene):
    await strangers_speak(scene.strangers, scene.room)
    for person in (scene.sara, scene.rico):
        await person.say(scene.room, f"{name_of(person)} on matrix")
        await scene.everywhere(f"{name_of(person)} on matrix")
    await scene.loop.say("#room", "bob", "bob on loopback", id="b1")
    assert (await scene.reads("bob on loopback"))["sender"] == f"@loop_bob:{DOMAIN}"
    await scene.everywhere("bob on loopback", but="loop")
    for name, far in scene.fars.items():
        await far.say("bob" if far.direct else "dave", Message(from_plain(f"from {name}")))
        assert (await scene.reads(f"from {name}"))["sender"].startswith(f"@{name}_")
        await scene.everywhere(f"from {name}", but=name)
    for name, who in SARAS.items():
        await scene.fars[name].say(who, Message(from_plain(f"sara by {name}")))
        assert (await scene.reads(f"sara by {name}"))["sender"] == scene.sara.user_id
        await scene.everywhere(f"sara by {name}", but=name)
    await scene.rico.say(scene.room, "the end")
    await scene.everywhere("the end")  # behind which nothing more can come
    refusals = [one for one in await scene.rico.bodies(scene.room) if "You may not speak" in one]
    assert len(refusals) == len(scene.strangers), "one each, and not one for every network"
    comes_from = dict.fromkeys(("sara on matrix", "rico on matrix"), "matrix")
    comes_from |= {f"from {name}": name for name in scene.fars} | {"bob on loopback": "loop"}
    comes_from |= {f"sara by {name}": name for name in SARAS}
    for name in scene.fars:
        assert not any(scene.heard(name, name_of(person)) for person in scene.strangers)
        counts = {text: len(scene.heard(name, text)) for text in comes_from}
        assert counts == {text: int(origin != name) for text, origin in comes_from.items()}, name
    assert sorted(scene.loop.texts()) == sorted({*comes_from, "the end"} - {"bob on loopback"})
    assert [one.who for one in scene.heard("slack", "sara on matrix")] == [SARAS["slack"]]
    assert [one.who for one in scene.heard("slack", "rico on matrix")] == ["rico"]


async def test_what_people_change_is_changed_on_every_network(scene):
    for count, person in enumerate((scene.sara, scene.rico), 1):
        who = name_of(person)
        question = await scene.question(who)
        event = await person.say(scene.room, f"a wrod of {who}")
        await scene.everywhere(f"a wrod of {who}")
        told = scene.loop.chat("#room").with_text(f"a wrod of {who}")
        await person.edit(scene.room, event, f"a word of {who}")
        await scene.until(lambda told=told, who=who: told.text == f"a word of {who}")
        await person.react(scene.room, question, "👍")
        await person.redact(scene.room, event)
        await scene.until(lambda told=told: told.deleted)
        for name in scene.fars:
            await scene.until(partial(scene.followed, name, Edit, f"a word of {who}"))
            await scene.until(lambda n=name, c=count: len(scene.followed(n, Reaction, "👍")) == c)
            await scene.until(lambda n=name, c=count: len(scene.followed(n, Deletion, GONE)) == c)
    await strangers_meddle(scene.strangers, scene.room, question)
    await scene.rico.say(scene.room, "who is that?")
    await scene.everywhere("who is that?")  # behind which nothing more can come
    for name in scene.fars:
        assert not scene.heard(name, "know me") + scene.followed(name, Reaction, "🐟"), name
        for kind, text in ((Reaction, "👍"), (Deletion, GONE)):
            assert len(scene.followed(name, kind, text)) == 2, (name, kind)


async def test_what_people_of_a_network_change_is_changed_everywhere_else(scene):
    """Dave has a ghost; Sara is shown as herself. By SMS nobody can change anything."""
    who_where = [(name, who) for name in SARAS for who in ("dave", SARAS[name])]
    deleted = dict.fromkeys(scene.fars, 0)
    for (name, who), emoji in zip(who_where, "👍🎉🔥😁", strict=True):
        far, others = scene.fars[name], [other for other in scene.fars if other != name]
        wrong, right = f"a wrod of {who} by {name}", f"a word of {who} by {name}"
        await scene.question(emoji)
        said = await far.say(who, Message(from_plain(wrong)))
        sender = (await scene.reads(wrong))["sender"]
        assert (sender == scene.sara.user_id) is (who != "dave")
        await scene.everywhere(wrong, but=name)
        told = scene.loop.chat("#room").with_text(wrong)
        await far.say(who, Edit(said, Message(from_plain(right))))
        assert (await scene.reads(f"* {right}"))["sender"] == sender
        await scene.until(lambda told=told, right=right: told.text == right)
        (question,) = scene.heard(name, f"question {emoji}")
        await far.say(who, Reaction(question.id, emoji))
        await scene.rico.wait_for(scene.room, of("m.reaction", sender))
        if Deletion in far.kinds:
            await far.say(who, Deletion(said))
            await scene.rico.wait_for(scene.room, of("m.room.redaction", sender))
            await scene.until(lambda told=told: told.deleted)
        for other in others:
            await scene.until(partial(scene.followed, other, Edit, right))
            await scene.until(partial(scene.followed, other, Reaction, emoji))
            deleted[other] += Deletion in far.kinds
            gone = partial(scene.followed, other, Deletion, GONE)
            await scene.until(lambda gone=gone, other=other: len(gone()) == deleted[other])


def of(kind: str, sender: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: (event["type"], event["sender"]) == (kind, sender)
