"""Topics that take nothing any more: told once, then refused without asking Telegram again."""

import pytest

from bridgekit import ChatChange, ChatInfo, Location, Poll, Rank, Rejected, Typing, plain
from bridges.telegram.fake.errors import bad_request

GROUP, FORUM = -1001, -1_000_000_002_002
CLOSED, OPEN = (
    ChatChange(ChatInfo(may_speak=Rank.ADMIN)),
    ChatChange(ChatInfo(may_speak=Rank.MEMBER)),
)


@pytest.fixture
def topic(place):
    """In which the bot may write no more than others may."""
    place.state.chats[FORUM].members[place.state.bot["id"]]["can_manage_topics"] = False
    return place.people.create_topic("Bob", FORUM, "Tea")


@pytest.fixture
def says(place, matrix_event):
    """As the core does: it asks whether it may before it sends."""

    async def say(content, chat=FORUM):
        await place.client.pace(matrix_event(content, chat))
        await place.does(content, chat)

    return say


def asked_for(place):
    """Every method that Telegram is asked for from now on."""
    asked = []
    place.fake.faults.next(bad_request("never"), lambda method: asked.append(method) or False)
    return asked


def notices(place):
    return [event for event in place.host.events if (event.key or "").startswith("suspended")]


@pytest.mark.parametrize("end", ["closed", "deleted", "forgotten"])
async def test_a_topic_is_suspended_with_one_notice_and_telegram_is_not_asked_again(
    place, topic, says, message, end
):
    own = f"{FORUM}/{topic}"
    place.host.linked.append(own)
    await place.heard(1)
    if end == "closed":
        place.state.chats[FORUM].topics[topic]["closed"] = True
    elif end == "deleted":
        place.people.delete_topic(FORUM, topic)
    else:  # Telegram has two words for it
        del place.state.chats[FORUM].topics[topic]
    told = "is closed" if end == "closed" else "was deleted"
    with pytest.raises(Rejected, match=f"topic {told} on Telegram"):
        await says(message("one"), own)
    (notice,) = notices(place)
    assert notice.chat.id == own
    assert notice.content.thread is None
    assert "telegram-reopen" in plain(notice.content.text)
    assert place.host.events[-1].content == CLOSED
    asked = asked_for(place)
    for content in (message("two"), Location(1.0, 2.0), Poll("?", ("a", "b"))):
        with pytest.raises(Rejected, match=f"topic {told} on Telegram"):
            await says(content, own)
    await place.does(Typing(active=True), own)
    assert [method for method in asked if method.startswith("send")] == []
    assert len(notices(place)) == 1
    await says(message("the others go on"))


async def test_a_topic_that_is_a_thread_is_suspended_alone(place, topic, says, message):
    await place.heard(1)
    root = f"{FORUM}:{topic}"
    place.state.chats[FORUM].topics[topic]["closed"] = True
    for _ in range(2):
        with pytest.raises(Rejected, match="closed"):
            await says(message("one", thread=root))
    (notice,) = notices(place)
    assert (notice.chat.id, notice.content.thread) == (str(FORUM), root)
    assert CLOSED not in [event.content for event in place.host.events]
    await says(message("in general"))


async def test_the_general_topic_is_suspended_as_its_chat(place, topic, says, message):
    place.people.close_topic("Bob", FORUM, None)
    for _ in range(2):
        with pytest.raises(Rejected, match="closed"):
            await says(message("one"))
    assert len(notices(place)) == 1
    await says(message("in the topic"), f"{FORUM}/{topic}")
    await place.hears(lambda: place.people.reopen_topic("Bob", FORUM, None))
    await says(message("open"))


async def test_a_topic_that_is_opened_again_takes_messages_also_after_a_restart(
    fake, host, at_work, message, matrix_event
):
    async with at_work(fake, host) as place:
        fake.state.chats[FORUM].members[fake.state.bot["id"]]["can_manage_topics"] = False
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        own = f"{FORUM}/{topic}"
        host.linked.append(own)
        fake.state.chats[FORUM].topics[topic]["closed"] = True
        with pytest.raises(Rejected, match="closed"):
            await place.does(message("one"), own)
    async with at_work(fake, host) as place:
        with pytest.raises(Rejected, match="closed"):
            await place.client.pace(matrix_event(message("two"), own))
        events = await place.hears(lambda: place.people.reopen_topic("Bob", FORUM, topic))
        assert [event.content for event in events][-1] == OPEN
        await place.client.pace(matrix_event(message("three"), own))
        await place.does(message("three"), own)
    assert host.saved.get(f"suspended {FORUM}") is None


async def test_somebody_in_the_room_can_have_it_tried_again(place, topic, says, message):
    own = f"{FORUM}/{topic}"
    place.host.linked.append(own)
    whole, here = (
        next(chat for chat in place.host.chats("") if chat.id == one) for one in (str(FORUM), own)
    )
    assert await place.client.command("reopen", (), whole) == "Nothing here is suspended."
    assert place.host.events == []
    place.state.chats[FORUM].topics[topic]["closed"] = True
    with pytest.raises(Rejected, match="closed"):
        await says(message("one"), own)
    assert "This topic is closed on Telegram." in await place.client.command("status", (), here)
    assert await place.client.command("reopen", (), here) == "It is tried again."
    assert place.host.events[-1].content == OPEN
    place.state.chats[FORUM].topics[topic]["closed"] = False
    await says(message("two"), own)
    assert place.last()["text"] == "Alice: two"


async def test_a_room_of_a_topic_is_opened_also_where_the_opening_was_missed(place, topic):
    own = f"{FORUM}/{topic}"
    place.host.linked.append(own)
    here = next(chat for chat in place.host.chats("") if chat.id == own)
    assert await place.client.command("reopen", (), here) == "It is tried again."
    assert [(event.chat.id, event.content) for event in place.host.events] == [(own, OPEN)]


async def test_a_topic_that_is_opened_while_people_are_told_of_its_closing_is_not_suspended(
    place, topic, says, message, monkeypatch
):
    own, receive = f"{FORUM}/{topic}", place.host.receive
    place.host.linked.append(own)

    async def overtaken(login, *events, **about):
        await receive(login, *events, **about)
        if (events[0].key or "").startswith("suspended"):
            place.people.reopen_topic("Bob", FORUM, topic)
            await place.host.until(lambda: OPEN in [one.content for one in place.host.events])

    monkeypatch.setattr(place.host, "receive", overtaken)
    place.state.chats[FORUM].topics[topic]["closed"] = True
    with pytest.raises(Rejected, match="closed"):
        await says(message("one"), own)
    assert CLOSED not in [event.content for event in place.host.events]
    await says(message("two"), own)
    assert place.last()["text"] == "Alice: two"
    assert place.host.saved.get(f"suspended {FORUM}") is None


async def test_a_bot_that_may_write_in_a_closed_topic_does(place, says, message):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    place.state.chats[FORUM].topics[topic]["closed"] = True
    await says(message("still"), f"{FORUM}/{topic}")
    assert notices(place) == []


async def test_a_room_of_a_topic_is_closed_and_opened_with_it(place, topic):
    place.host.linked.append(f"{FORUM}/{topic}")
    await place.heard(1)
    events = await place.hears(
        lambda: (
            place.people.close_topic("Bob", FORUM, topic),
            place.people.reopen_topic("Bob", FORUM, topic),
        )
    )
    changes = [event.content for event in events if isinstance(event.content, ChatChange)]
    assert changes == [CLOSED, OPEN]
    assert {event.chat.id for event in events} == {f"{FORUM}/{topic}"}
