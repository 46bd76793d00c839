"""What the bot itself has sent is remembered when it starts anew at once after."""

import asyncio

import pytest

from bridgekit import Location, Poll, Reaction
from bridges.telegram.memory import Memory

GROUP, FORUM = -1001, -1_000_000_002_002


async def begun(host, place):
    host.events.clear()
    place.people.say("Start", GROUP, "we begin")  # the kinds that are asked for are known now
    await place.heard()
    host.events.clear()


async def test_votes_in_a_poll_of_the_bots_are_told_after_a_restart(fake, host, at_work):
    async with at_work(fake, host) as place:
        await begun(host, place)
        sent = await place.does(Poll("Tea?", ("yes", "no")))
        poll = place.last()["poll"]
    async with at_work(fake, host) as place:
        await begun(host, place)
        vote = await place.hears_one(lambda: place.people.vote("Bob", poll["id"], 1))
    assert (vote.content.target, vote.content.options) == (sent.ids[0], (1,))


async def test_reactions_in_a_topic_stay_in_it_after_a_restart(fake, host, at_work, message):
    async with at_work(fake, host) as place:
        await begun(host, place)
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        linked = f"{FORUM}/{topic}"
        host.linked.append(linked)
        await place.does(message("hi"), linked)
        said = place.last()["message_id"]
        await place.does(Location(1.0, 2.0), linked)
        shown = place.last()["message_id"]
    async with at_work(fake, host) as place:
        await begun(host, place)
        found = await place.hears(
            lambda: [place.people.react("Ann", FORUM, number, "👍") for number in (said, shown)]
        )
    assert [(one.chat.id, one.content) for one in found] == [
        (linked, Reaction(f"{FORUM}:{number}", "👍")) for number in (said, shown)
    ]


@pytest.mark.parametrize("number", [5_000, 400_000_000], ids=["lower", "higher"])
async def test_numbers_that_begin_anew_after_a_quiet_week_lose_and_double_nothing(
    fake, host, at_work, said, number
):
    """Telegram chooses the next one by chance then, and answers an offset that is none from it."""
    async with at_work(fake, host) as place:
        await begun(host, place)
        while fake.queue.waiting:  # noqa: ASYNC110 (nothing tells that it is confirmed)
            await asyncio.sleep(0)
        fake.queue.number = number
        for count, text in enumerate(("one", "two"), 1):
            place.people.say("Bob", GROUP, text)
            await place.heard(count)
    async with at_work(fake, host) as place:
        fake.people.say("Bob", GROUP, "three")
        await place.heard(3)
    assert [said(event) for event in host.events] == ["one", "two", "three"]


async def test_what_is_stored_at_the_same_time_is_kept_all(host, monkeypatch):
    load = host.load

    async def slow(key):
        kept = await load(key)
        await asyncio.sleep(0)
        return kept

    monkeypatch.setattr(host, "load", slow)
    memory = Memory(host)

    async def sent(number):
        memory.note_topic(FORUM, number, 7)
        await memory.store()
        kept = await load(f"topics {FORUM} 0")
        assert str(number) in kept  # durable on return

    await asyncio.gather(*map(sent, range(1, 4)))
    assert {memory.topic_of(FORUM, number) for number in range(1, 4)} == {7}
