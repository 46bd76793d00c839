"""What happens to chats, and to who is in them, as the core is given it."""

import pytest

from bridgekit import (
    ChatChange,
    ChatInfo,
    ChatMoved,
    Membership,
    MemberState,
    Moved,
    Pin,
    Rank,
    Reaction,
    Unsupported,
    plain,
)

GROUP, FORUM = -1001, -1_000_000_002_002

RIGHTS = dict.fromkeys(
    (
        *("can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
        *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_edit_tag"),
        *("can_send_other_messages", "can_add_web_page_previews", "can_react_to_messages"),
        *("can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics"),
    ),
    False,
)


def user(place, name):
    return str(place.state.user(name)["id"])


async def test_reactions_are_told_by_what_changed(place):
    number = place.people.say("Bob", GROUP, "x")
    await place.heard(1)
    target = f"{GROUP}:{number}"
    added, changed_off, changed_on, removed = await place.hears(
        lambda: (
            place.people.react("Ann", GROUP, number, "👍"),
            place.people.react("Ann", GROUP, number, "🔥"),
            place.people.react("Ann", GROUP, number),
        )
    )
    assert added.content == Reaction(target, "👍")
    assert changed_off.content == Reaction(target, "👍", removed=True)
    assert changed_on.content == Reaction(target, "🔥")
    assert removed.content == Reaction(target, "🔥", removed=True)
    assert {one.sender for one in (added, removed)} == {user(place, "Ann")}
    assert len({(one.key, one.content) for one in (added, changed_off, changed_on, removed)}) == 4


async def test_a_custom_emoji_is_known_by_its_number_and_has_a_picture(place):
    sticker = place.state.files.described(
        b"x", width=100, height=100, type="custom_emoji", is_animated=False, is_video=False
    )
    place.fake.chats.custom_emoji["54321"] = sticker
    number = place.people.say("Bob", GROUP, "x")
    await place.heard(1)
    event = await place.hears_one(lambda: place.people.react("Ann", GROUP, number, custom="54321"))
    assert event.content.emoji == ":54321:"
    found = await place.client.emoji("54321")
    assert b"".join([piece async for piece in place.client.download(found)]) == b"x"
    assert await place.client.emoji("tulip") is None


@pytest.mark.parametrize(
    ("standing", "state", "rank"),
    [
        ({"status": "member"}, MemberState.JOIN, Rank.MEMBER),
        ({"status": "creator", "is_anonymous": False}, MemberState.JOIN, Rank.OWNER),
        (
            {"status": "restricted", "is_member": True, "can_send_messages": False},
            MemberState.JOIN,
            Rank.MUTED,
        ),
        ({"status": "left"}, MemberState.LEAVE, None),
        ({"status": "kicked", "until_date": 0}, MemberState.BAN, None),
    ],
)
async def test_who_comes_goes_and_is_what_is_told(place, standing, state, rank):
    if standing["status"] == "restricted":
        standing = {**standing, "until_date": 0, **RIGHTS}
    event = await place.hears_one(lambda: place.people.stand("Ann", GROUP, **standing))
    assert event.content == Membership(user(place, "Ann"), state, rank=rank)


async def test_who_is_put_out_was_kicked_by_whoever_did_it(place):
    place.people.stand("Ann", GROUP, status="member")
    await place.heard(1)
    event = await place.hears_one(
        lambda: place.people.stand("Ann", GROUP, by="Boss", status="left")
    )
    assert event.content.state is MemberState.KICK
    assert event.sender == user(place, "Boss")


async def test_a_ban_stays_one_when_telegram_also_says_in_the_chat_that_they_are_gone(place):
    ann = place.state.user("Ann")

    def ban():
        place.people.stand("Ann", GROUP, by="Boss", status="kicked", until_date=0)
        place.people.say("Boss", GROUP, left_chat_member=ann)

    (banned,) = await place.hears(ban)
    assert banned.content.state is MemberState.BAN
    place.host.events.clear()
    free, back, put_out = await place.hears(
        lambda: (
            place.people.stand("Ann", GROUP, by="Boss", status="left"),
            place.people.stand("Ann", GROUP, status="member"),
            place.people.say("Boss", GROUP, left_chat_member=ann),
        )
    )
    assert free.content.state is MemberState.LEAVE
    assert back.content.state is MemberState.JOIN
    assert put_out.content.state is MemberState.KICK


async def test_members_come_and_go_by_what_telegram_says_in_the_chat_too(place):
    ann = place.state.user("Ann")
    joined, left = await place.hears(
        lambda: (
            place.people.say("Boss", GROUP, new_chat_members=[ann]),
            place.people.say("Ann", GROUP, left_chat_member=ann),
        )
    )
    assert joined.content == Membership(str(ann["id"]), MemberState.JOIN)
    assert left.content == Membership(str(ann["id"]), MemberState.LEAVE)


async def test_title_and_photo_changes(place):
    size = place.state.files.described(b"x", "photos", width=1, height=1)
    title, photo, gone = await place.hears(
        lambda: (
            place.people.say("Bob", GROUP, new_chat_title="New"),
            place.people.say("Bob", GROUP, new_chat_photo=[size]),
            place.people.say("Bob", GROUP, delete_chat_photo=True),
        )
    )
    assert title.content == ChatChange(ChatInfo(name="New"))
    assert photo.content.info.avatar.source.endswith(size["file_id"])
    assert gone.content.info.avatar.source == ""


async def test_a_pin(place):
    number = place.people.say("Bob", GROUP, "x")
    await place.heard(1)
    event = await place.hears_one(lambda: place.people.pin("Bob", GROUP, number))
    assert event.content == Pin(f"{GROUP}:{number}")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"video_chat_started": {}}, "A video chat has begun."),
        ({"boost_added": {"boost_count": 2}}, "The chat was boosted 2 times."),
        (
            {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
            "On Telegram, messages are deleted after 24 hours.",
        ),
        ({"group_chat_created": True}, "The group was created."),
        ({"forum_topic_closed": {}}, "The topic was closed: nobody can write in it on Telegram."),
        ({"general_forum_topic_hidden": {}}, "The general topic is hidden now."),
    ],
)
async def test_what_telegram_says_itself_is_one_line(place, content, line):
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, **content))
    assert event.content == Unsupported(line)


async def test_a_group_that_becomes_a_supergroup_has_moved(place):
    place.state.add_chat(-55, "group", "Small")
    place.host.linked.append("-55")
    here, there = await place.hears(lambda: place.people.migrate(-55, -1_000_000_000_055))
    assert here.chat.id == there.chat.id == "-55"
    assert here.content == there.content == Moved("-1000000000055")
    assert here.key == there.key


async def test_rooms_of_topics_move_with_their_group(place, message):
    place.state.add_chat(-55, "group", "Small")
    place.host.linked += ["-55", "-55/7"]
    new = -1_000_000_000_055
    moved = await place.hears(lambda: place.people.migrate(-55, new))
    told = [("-55", Moved(str(new))), ("-55/7", Moved(f"{new}/7"))]
    assert [(event.chat.id, event.content) for event in moved] == told * 2
    assert len({event.key for event in moved}) == 2
    with pytest.raises(ChatMoved) as sent:
        await place.does(message("x"), "-55/7")
    assert sent.value.new == f"{new}/7"
    place.host.events.clear()
    await place.client.enter("-55/7")
    (event,) = place.host.events
    assert (event.chat.id, event.content) == told[1]
    assert event.key == moved[1].key


async def test_the_bots_own_removal_and_return_are_told_in_the_room(place):
    out, back = await place.hears(
        lambda: (
            place.people.treat_bot("Boss", GROUP, status="left"),
            place.people.treat_bot("Boss", GROUP, status="administrator"),
        )
    )
    assert out.sender is back.sender is None
    assert "was removed" in plain(out.content.text)
    assert plain(back.content.text) == "The bot is in the Telegram chat."


async def test_private_words_to_the_bot_are_private_and_answered(place):
    bob = place.state.user("Bob")
    place.state.add_chat(bob["id"], "private", "Bob")
    event = await place.hears_one(lambda: place.people.say("Bob", bob["id"], "hello"))
    assert event.chat.private
    answers = await place.fake.acts.until(lambda: place.fake.acts.texts(bob["id"]))
    assert "Nobody reads" in answers[0]


async def test_what_is_known_of_chats_and_people(place):
    chat = place.state.chats[GROUP]
    chat.description = "about us"
    info = await place.client.chat_info(str(GROUP))
    assert (info.name, info.topic, info.direct) == ("A group", "about us", False)
    channel = await place.client.user_info("channel-3003")
    assert channel.name == "A channel"
    ann = place.state.user("Ann")
    place.fake.chats.pictures[ann["id"]] = place.state.files.described(b"face", width=1, height=1)
    face = (await place.client.user_info(str(ann["id"]))).avatar
    assert b"".join([piece async for piece in place.client.download(face)]) == b"face"


async def test_a_group_that_has_moved_unseen_is_entered_and_its_move_told(fake, host, at_work):
    fake.state.privacy = True
    fake.state.add_chat(-55, "group", "Small")
    fake.people.migrate(-55, -1_000_000_000_055, told=False)
    async with at_work(fake, host) as place:
        await place.client.enter("-55")
        (moved,) = host.events
        assert (moved.chat.id, moved.content) == ("-55", Moved("-1000000000055"))
        told = await place.hears(lambda: place.people.say("Bob", GROUP, migrate_to_chat_id=5))
        assert told[-1].key == f"moved {GROUP} 5"
        assert moved.key == "moved -55 -1000000000055"
