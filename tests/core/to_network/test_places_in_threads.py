"""Places and polls that answer something, or are said in a thread: they go where a text would."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.events import Location, Poll
from bridgekit.supports import SupportsLocation
from bridgekit.testing.homeserver import contents

GEO = {"msgtype": "m.location", "body": "Here", "geo_uri": "geo:52.5,-13.25"}


async def remote(stage) -> str:
    """The event of what bob said on the network."""
    room = await stage.begin()
    await stage.network.say("#room", "bob", "hello", id="first")
    event = await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "hello")
    await stage.stored("SELECT event FROM link WHERE message = 'first'", 1)
    return str(event["event_id"])


async def placed(stage, **relation) -> None:
    await stage.alice.send(stage.room, "m.room.message", {**GEO, **relation})
    await stage.ended()


async def test_a_place_names_what_it_answers(stage):
    await placed(stage, **contents.reply_to(await remote(stage)))
    (place,) = stage.network.acted(Location)
    assert (place.reply_to, place.thread) == ("first", None)


async def test_a_place_and_a_poll_in_a_thread_name_its_root(stage):
    thread = contents.in_thread(await remote(stage), None, reply=False)
    await placed(stage, **thread)
    await stage.alice.send(
        stage.room,
        "org.matrix.msc3381.poll.start",
        {**contents.poll("Tea?", ("yes", "no"), 1, stable=False), **thread},
    )
    await stage.ended(2)
    (place,), (poll,) = stage.network.acted(Location), stage.network.acted(Poll)
    assert {place.thread, poll.thread} == {"first"}
    assert (place.reply_to, poll.reply_to) == (None, None)


async def test_where_there_are_no_threads_it_is_an_answer_and_else_said_plainly(stage):
    stage.network.limits = replace(stage.network.limits, threads=False)
    thread = contents.in_thread(await remote(stage), None, reply=False)
    await placed(stage, **thread)
    stage.network.limits = replace(stage.network.limits, replies=False)
    await stage.alice.send(stage.room, "m.room.message", {**GEO, **thread})
    await stage.ended(2)
    answer, plain = stage.network.acted(Location)
    assert (answer.reply_to, answer.thread) == ("first", None)
    assert (plain.reply_to, plain.thread) == (None, None)


async def test_the_line_in_place_of_a_place_is_in_its_thread(stage):
    stage.network.lacks = frozenset({SupportsLocation})
    await placed(stage, **contents.in_thread(await remote(stage), None, reply=False))
    assert stage.network.heard[-1].message.thread == "first"
