"""Several chats in one room: what one portal brought reaches the others once, and never itself."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.events import Deletion, Edit, Reaction
from bridgekit.ids import NetworkName
from bridgekit.testing.rig import NETWORK, Rig
from tests.core.to_network.conftest import Stage

FAR = NetworkName("far")


@pytest.fixture
async def both(tmp_path, database):
    """Alice's room holds #room of one network and #other of another."""
    async with Rig(tmp_path, database=database, networks=(NETWORK, FAR)) as rig:
        stage = Stage(rig)
        room = await stage.alice.create_room(
            preset="public_chat", power_level_content_override={"users_default": 100}
        )
        rig.links = (ChatLink(chat="#room", room=room),)
        rig.other_links = {FAR: (ChatLink(chat="#other", room=room),)}
        stage.far = rig.networks[FAR]
        await stage.start()
        stage.room = room
        await stage.until(lambda: rig.network.entered and stage.far.entered)
        bound = "SELECT id FROM portal WHERE state = 'bound'"
        await stage.stored(bound, 2)
        yield stage


async def test_what_ghosts_do_reaches_the_other_network_once_and_never_their_own(both):
    bob = both.network.person("bob")
    await bob.say("#room", "helo", id="one")
    await both.far.wait(lambda: both.far.texts() == ["helo"])
    await bob.edit("#room", "one", "hello")
    await both.far.wait(lambda: both.far.chat("#other").texts() == ["hello"])
    await bob.react("#room", "one", "🎉")
    await both.far.wait(lambda: bool(both.far.acted(Reaction)))
    await bob.unreact("#room", "one", "🎉")
    await both.far.wait(lambda: len(both.far.acted(Reaction)) == 2)
    await bob.delete("#room", "one")
    await both.far.wait(lambda: bool(both.far.acted(Deletion)))
    await both.until(lambda: both.parts.queue.waiting == 0)
    kinds = [act.kind for act in both.far.acts]
    assert kinds == ["message", "edit", "reaction", "reaction", "deletion"]
    assert [one.removed for one in both.far.acted(Reaction)] == [False, True]
    assert both.network.acts == []
    assert await both.notices() == []


async def test_words_that_could_be_a_command_with_a_secret_cross_as_they_are(both):
    words = "answer me, please"
    await both.network.person("bob").say("#room", words, id="one")
    await both.far.wait(lambda: both.far.texts() == [words])
    await both.alice.say(both.room, f"{words}!")
    await both.far.wait(lambda: both.far.texts() == [words, f"{words}!"])


async def test_what_people_do_reaches_both(both):
    event = await both.alice.say(both.room, "helo")
    await both.ended(2)
    await both.alice.edit(both.room, event, "hello")
    await both.alice.react(both.room, event, "👍")
    await both.ended(6)
    await both.alice.redact(both.room, event)
    await both.ended(8)
    for network in (both.network, both.far):
        kinds = [act.kind for act in network.acts]
        assert kinds == ["message", "edit", "reaction", "deletion"]


async def test_people_of_one_network_edit_and_react_to_what_those_of_the_other_said(both):
    await both.network.person("bob").say("#room", "hello", id="one")
    await both.far.wait(lambda: both.far.texts() == ["hello"])
    await both.stored("SELECT message FROM link WHERE message = 'sent-0'", 1)
    await both.far.person("carol").react("#other", "sent-0", "🎉")
    await both.network.wait(lambda: bool(both.network.acted(Reaction)))
    assert [one.target for one in both.network.acted(Reaction)] == ["one"]
    await both.until(lambda: both.parts.queue.waiting == 0)
    assert both.far.acted(Reaction) == []
    assert both.far.acted(Edit) == []
