"""Topics of a forum: a room each, or threads in the room of the group but for linked ones."""

import pytest

from bridgekit import (
    Chat,
    ChatChange,
    ChatInfo,
    Location,
    MessageID,
    Poll,
    Reaction,
    Rejected,
    Unsupported,
)
from bridges.telegram.fake.sends import poll

GROUP, FORUM = -1001, -1_000_000_002_002


async def test_a_topic_is_a_thread_that_hangs_on_its_creation(place):
    def talk():
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        place.people.say("Bob", FORUM, "in it", topic=topic)

    created, root, inside = await place.hears(talk)
    assert created.content == Unsupported("The topic “Tea” was created.")
    assert created.id == root.id == inside.content.thread
    assert inside.content.reply_to is None  # every message of a topic answers the topic itself


async def test_a_topic_that_is_older_than_the_bridge_has_a_root_all_the_same(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    place.fake.queue.waiting.clear()
    root, inside = await place.hears(lambda: place.people.say("Bob", FORUM, "x", topic=topic))
    assert root.content == Unsupported("Topic: Tea")
    assert root.id == inside.content.thread == f"{FORUM}:{topic}"


async def test_what_is_said_in_a_thread_of_a_topic_without_a_known_name_goes_into_it(
    place, message
):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    first = place.people.say("Bob", FORUM, "one", topic=topic)
    place.fake.queue.waiting.clear()  # whoever answers in a topic does not name it
    answer = {"answers": first, "topic": topic}
    root, inside = await place.hears(lambda: place.people.say("Ann", FORUM, "two", **answer))
    assert root.id == inside.content.thread == f"{FORUM}:{topic}"
    await place.does(message("three", thread=root.id), FORUM)
    assert place.last()["message_thread_id"] == topic
    await place.hears(lambda: place.people.say("Bob", FORUM, "four", topic=topic))
    assert (await place.client.chat_info(f"{FORUM}/{topic}")).name == "Tea"


AT = {"latitude": 48.2, "longitude": 16.4}


async def test_whatever_is_in_a_topic_is_in_its_thread(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    asked = poll(place.state, "Green?", ["yes", "no"], anonymous=True, multiple=False)

    def talk():
        first = place.people.say("Bob", FORUM, location=AT, topic=topic)
        place.people.say("Bob", FORUM, poll=asked, topic=topic, answers=first)
        for content in (
            {"forum_topic_closed": {}},
            {"telepathy": {}},
            {"dice": {"emoji": "x"}},  # it has no value: it cannot be read
        ):
            place.people.say("Bob", FORUM, topic=topic, **content)

    await place.heard(1)
    events = await place.hears(talk)
    shown = {event.id: event.content for event in events if event.id != f"{FORUM}:{topic}"}
    kinds = [type(content) for content in shown.values()]
    assert kinds == [Location, Poll, Unsupported, Unsupported, Unsupported]
    assert {content.thread for content in shown.values()} == {f"{FORUM}:{topic}"}


async def test_a_place_and_a_poll_answer_as_texts_do(place):
    first = place.people.say("Bob", GROUP, "where?")
    await place.heard(1)
    event = await place.hears_one(
        lambda: place.people.say("Ann", GROUP, location=AT, answers=first)
    )
    assert event.content.reply_to == f"{GROUP}:{first}"
    await place.does(Location(1.0, 2.0, reply_to=f"{GROUP}:{first}"))
    assert place.last()["reply_to_message"]["message_id"] == first


async def test_places_and_polls_in_a_thread_go_into_its_topic(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    await place.heard(1)
    thread = f"{FORUM}:{topic}"
    for content in (Location(1.0, 2.0, thread=thread), Poll("?", ("a", "b"), thread=thread)):
        await place.does(content, FORUM)
        assert place.last()["message_thread_id"] == topic


async def test_a_linked_topic_is_a_room_of_its_own(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    place.host.linked.append(f"{FORUM}/{topic}")
    _, said, renamed_line, renamed = await place.hears(
        lambda: (
            place.people.say("Bob", FORUM, "x", topic=topic),
            place.people.rename_topic("Bob", FORUM, topic, "Coffee"),
        )
    )
    assert {said.chat.id, renamed.chat.id} == {f"{FORUM}/{topic}"}
    assert said.content.thread is None
    assert renamed_line.content == Unsupported("The topic is now called “Coffee”.")
    assert renamed.content == ChatChange(ChatInfo(name="Coffee"))
    info = await place.client.chat_info(f"{FORUM}/{topic}")
    assert info.name == "Coffee"


async def test_with_topics_as_rooms_each_is_a_part_of_its_forum(fake, host, at_work):
    async with at_work(fake, host, topics="rooms") as place:
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        own = Chat(f"{FORUM}/{topic}", parent=str(FORUM))
        number = place.people.say("Bob", FORUM, "x", topic=topic)
        await place.heard(2)
        events = await place.hears(lambda: place.people.react("Ann", FORUM, number, "👍"))
        assert {event.chat for event in (*host.events[:2], *events)} == {own}
        assert all(event.content.thread is None for event in host.events[:2])
        (general,) = await place.hears(lambda: place.people.say("Bob", FORUM, "y"))
        assert general.chat == Chat(str(FORUM))
        assert not place.client.limits(general.chat).threads


async def test_topics_of_a_forum_that_is_not_linked_have_no_rooms(fake, host, at_work):
    host.linked = [str(GROUP)]
    async with at_work(fake, host, topics="rooms") as place:
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        events = await place.hears(lambda: place.people.say("Bob", FORUM, "x", topic=topic))
    assert {event.chat for event in events} == {Chat(str(FORUM))}  # which nobody reads


async def test_reactions_find_the_room_of_their_topic_also_after_a_restart(fake, host, at_work):
    async with at_work(fake, host) as place:
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        host.linked.append(f"{FORUM}/{topic}")
        number = place.people.say("Bob", FORUM, "x", topic=topic)
        await place.heard(2)
    async with at_work(fake, host) as place:
        event = await place.hears_one(lambda: place.people.react("Ann", FORUM, number, "👍"))
    assert event.chat.id == f"{FORUM}/{topic}"
    assert event.content == Reaction(MessageID(f"{FORUM}:{number}"), "👍")


async def test_what_is_said_in_a_thread_goes_into_its_topic(place, message):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    await place.heard(1)
    assert place.client.limits(place.host.chats("")[1]).threads
    await place.does(message("hi", thread=f"{FORUM}:{topic}"), FORUM)
    assert place.last()["message_thread_id"] == topic
    await place.does(message("hi"), f"{FORUM}/{topic}")
    assert place.last()["message_thread_id"] == topic


async def test_the_general_topic_has_no_number(place, message):
    await place.does(message("hi"), FORUM)
    assert "message_thread_id" not in place.last()


async def test_nothing_goes_by_a_number_of_the_general_topic(place, message):
    with pytest.raises(Rejected, match="no Telegram chat"):
        await place.does(message("hi"), f"{FORUM}/1")


async def test_a_thread_on_what_is_no_topic_is_an_answer(place, message):
    number = place.people.say("Bob", FORUM, "question")
    await place.does(message("hi", thread=f"{FORUM}:{number}"), FORUM)
    assert place.last()["reply_to_message"]["message_id"] == number
