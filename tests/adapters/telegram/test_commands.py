"""What people ask the bot in a Telegram chat, and how it stands there."""

import pytest

from bridgekit import plain

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003


async def asks(place, text, chat=GROUP, **about):
    before = len(place.fake.acts.texts(chat))
    command = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
    place.people.say("Bob", chat, text, entities=command, **about)
    answers = await place.fake.acts.until(lambda: place.fake.acts.texts(chat)[before:])
    return answers[0]


async def test_status_says_whether_a_chat_is_joined_and_its_number(place):
    place.state.add_chat(-77, "group")
    assert "is joined to a room" in await asks(place, "/status@bridge_bot")
    unlinked = await asks(place, "/status@bridge_bot", -77)
    assert "is not joined" in unlinked
    assert "-77" in unlinked


async def test_status_in_a_topic_names_the_topic(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    answer = await asks(place, "/status@bridge_bot", FORUM, topic=topic)
    assert "its topics with it" in answer
    assert f"{FORUM}/{topic}" in answer
    assert place.last()["message_thread_id"] == topic


async def test_who_runs_a_channel_is_told_its_number_there(place):
    command = [{"type": "bot_command", "offset": 0, "length": 7}]
    place.people.post(CHANNEL, "/status", entities=command)
    (answer,) = await place.fake.acts.until(lambda: place.fake.acts.texts(CHANNEL))
    assert "is joined to a room" in answer
    assert str(CHANNEL) in answer


@pytest.mark.parametrize("odd", ["text", "button"])
async def test_an_odd_question_ends_nothing(place, odd):
    bob = place.state.user("Bob")
    place.state.add_chat(bob["id"], "private", "Bob")
    number = place.people.say("Bob", GROUP, "x")
    if odd == "text":
        place.people.say("Bob", bob["id"], 5)
    else:
        place.people.press("Bob", GROUP, number, 5)
    assert await asks(place, "/help")
    assert not place.running.done()


async def test_status_warns_of_privacy_mode(place):
    place.state.privacy = True
    place.state.chats[GROUP].members[place.state.bot["id"]] = {"status": "member"}
    assert "only sees commands" in await asks(place, "/status@bridge_bot")


async def test_privacy_mode_is_told_in_the_room_where_a_chat_is_linked(fake, host, at_work):
    fake.state.privacy = True
    async with at_work(fake, host) as place:
        await place.client.enter(str(GROUP))
        assert host.events == []  # the bot is an administrator, who sees everything
        fake.state.chats[GROUP].members[fake.state.bot["id"]] = {"status": "member"}
        await place.client.enter(str(GROUP))
        await place.client.leave(str(GROUP))
    (warning,) = host.events
    assert "privacy mode off" in plain(warning.content.text)
    assert (warning.sender, warning.key) == (None, f"privacy mode {GROUP}")
    assert fake.state.chats[GROUP].members[fake.state.bot["id"]]["status"] == "member"


async def test_status_on_matrix_says_how_the_bot_stands(place):
    assert [one.name for one in place.client.commands] == ["status", "reopen"]
    answer = await place.client.command("status", (), place.host.chats("")[0])
    assert "“A group” on Telegram, -1001, has" in answer
    assert "@bridge_bot is there as: administrator." in answer
    place.state.privacy = True
    place.state.chats[GROUP].members[place.state.bot["id"]] = {"status": "member"}
    answer = await place.client.command("status", (), place.host.chats("")[0])
    assert "privacy mode off" in answer
    assert "Ask this in a room" in await place.client.command("status", (), None)


async def test_commands_are_answered_with_the_name_of_the_bot_and_without(place):
    for text in ("/help@bridge_bot", "/help", "/status", "/link", "/unlink"):
        assert await asks(place, text)
    assert [one["command"] for one in place.fake.chats.commands] == [
        *("status", "link", "unlink", "help")
    ]


async def test_commands_of_other_bots_are_left_alone(place):
    for text in ("/help@other_bot", "/weather", "/start@other_bot"):
        command = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        place.people.say("Bob", GROUP, text, entities=command)
    await asks(place, "/help@bridge_bot")
    assert len(place.fake.acts.texts()) == 1


async def test_link_and_unlink_say_how_a_chat_is_joined_and_parted_and_who_one_is(place):
    place.state.add_chat(-77, "group")
    unlinked = await asks(place, "/link", -77)
    assert "link telegram -77" in unlinked
    assert "sign-in telegram" in unlinked
    linked = await asks(place, "/link")
    assert "link telegram" not in linked
    assert "sign-in telegram" in linked
    assert "write in the room: unlink" in await asks(place, "/unlink")
    assert "write in the room" not in await asks(place, "/unlink", -77)


async def test_what_privacy_mode_hides_never_comes(place):
    place.state.privacy = True
    place.state.chats[GROUP].members[place.state.bot["id"]] = {"status": "member"}
    before = place.fake.queue.number
    place.people.say("Bob", GROUP, "unseen")
    assert place.fake.queue.number == before
    place.people.say("Bob", GROUP, "hey @bridge_bot")
    assert place.fake.queue.number == before + 1
