"""What stands for something that a network lacks is cut as any text is."""

from __future__ import annotations

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.testing.loopback import ABILITIES, LoopbackConfig


@pytest.fixture
async def short(stage):
    """A network that takes 20 letters at once, and nothing but text."""
    stage.rig._loopback = LoopbackConfig(text_limit=20)
    stage.network.lacks = ABILITIES
    stage.rig.network_settings["fallbacks"] = FallbackSettings(
        deletion="line", reaction="line", vote="line", pin="line"
    )
    await stage.begin()
    bot = stage.hs.person("bridgebot")
    await bot.set_power(stage.room, stage.alice.user_id, 100)
    return stage


async def test_a_poll_of_many_words_is_several_messages(short):
    await short.alice.poll(short.room, "Shall we have tea?", "yes, with milk", "no, coffee")
    await short.ended()
    await short.ended()
    texts = short.network.texts()
    assert all(len(text) <= 20 for text in texts)
    words = "Poll: Shall we have tea? 1. yes, with milk 2. no, coffee"
    assert " ".join(texts).split() == words.split()


async def test_every_line_in_the_place_of_something_fits(short):
    room = short.room
    alice = short.alice
    event = await alice.say(room, "hello")
    await short.ended(1)
    poll = await alice.poll(room, "Tea?", "a very long answer")
    await short.ended(2)
    for number, act in enumerate(
        (
            alice.vote(room, poll, 0),
            alice.end_poll(room, poll),
            alice.pin(room, event),
            alice.react(room, event, "👍"),
            alice.send_location(room, 52.5, 13.4, "Berlin"),
            alice.redact(room, event),
        ),
        3,
    ):
        await act
        await short.ended(number)
    assert {str(one.reason) for one in await short.ended(8)} == {"delivered"}
    texts = short.network.texts()
    assert all(len(text) <= 20 for text in texts)
    said = " ".join(texts)
    for words in (
        "voted for:",
        "ended the poll:",
        "pinned a",
        "reacted",
        "shared a",
        "deleted the",
    ):
        assert words in said
