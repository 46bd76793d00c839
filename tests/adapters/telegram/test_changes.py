"""What people on Matrix change on Telegram: edits, deletions, reactions, pins, the chat itself."""

import pytest

from bridgekit import (
    AttachmentKind,
    ChatChange,
    ChatInfo,
    Deletion,
    Edit,
    Location,
    Message,
    Pin,
    Poll,
    Reaction,
    Rejected,
    Vote,
)
from bridges.telegram.fake.errors import bad_request
from bridges.telegram.fake.faults import changes

GROUP, FORUM = -1001, -1_000_000_002_002


async def test_an_edit_of_text_of_a_caption_and_of_a_file(place, message, file, picture):
    (text,) = (await place.does(message("one"))).ids
    await place.does(Edit(text, message("two")))
    assert place.last()["text"] == "Alice: two"
    first = file(picture(), AttachmentKind.IMAGE, mime="image/png")
    (photo,) = (await place.does(message("look", attachments=(first,)))).ids
    await place.does(Edit(photo, message("see", attachments=(first,))))
    assert place.last()["caption"] == "Alice: see"
    before = place.last()["photo"]
    other = file(picture(50, 50), AttachmentKind.IMAGE, mime="image/png")
    await place.does(Edit(photo, message("see", attachments=(other,)), replaces_media=True))
    assert place.last()["photo"] != before


async def test_a_picture_that_is_no_photo_replaces_one_as_a_document(place, message, file, picture):
    first = file(picture(), AttachmentKind.IMAGE, mime="image/png")
    (target,) = (await place.does(message("look", attachments=(first,)))).ids
    flat = file(picture(900, 30), AttachmentKind.IMAGE, mime="image/png")
    await place.does(Edit(target, message("see", attachments=(flat,)), replaces_media=True))
    assert "document" in place.last()
    assert place.last()["caption"] == "Alice: see"


async def test_an_edit_that_changes_nothing_is_done(place, message):
    (target,) = (await place.does(message("one"))).ids
    await place.does(Edit(target, message("one")))
    assert place.fake.acts.of("editmessagetext") == []


async def test_text_becomes_a_file_but_no_file_becomes_text_and_that_is_told(place, message, file):
    (target,) = (await place.does(message("one"))).ids
    attachment = file(b"x", AttachmentKind.FILE)
    await place.does(Edit(target, message("two", attachments=(attachment,)), replaces_media=True))
    assert place.last()["caption"] == "Alice: two"
    assert "text" not in place.last()
    with pytest.raises(Rejected, match="a file cannot become text"):
        await place.does(Edit(target, message("three")))


async def test_a_deletion_and_one_of_what_is_gone(place, message):
    (target,) = (await place.does(message("one"))).ids
    await place.does(Deletion(target))
    await place.does(Deletion(target))
    assert len(place.fake.acts.of("deletemessage")) == 1


async def test_after_two_days_only_an_administrator_deletes(place, message):
    (target,) = (await place.does(message("one"))).ids
    chat = place.state.chats[GROUP]
    chat.members[place.state.bot["id"]] = {"status": "member"}
    chat.messages[int(target.rpartition(":")[2])]["date"] -= 49 * 3600
    with pytest.raises(Rejected, match="48 hours"):
        await place.does(Deletion(target))


async def test_a_reaction_its_change_and_its_removal(place):
    target = f"{GROUP}:{place.people.say('Bob', GROUP, 'x')}"
    mine, me = place.state.chats[GROUP].reactions, place.state.bot["id"]
    await place.does(Reaction(target, "👍"))
    assert mine == {2: {me: [{"type": "emoji", "emoji": "👍"}]}}
    await place.does(Reaction(target, "👍", removed=True))
    assert mine == {2: {me: []}}


async def test_the_bot_reacts_with_what_telegram_has(place, host):
    limits = place.client.limits(host.chats("")[0])
    assert "❤" in limits.emoji
    assert place.adapter.manifest.reactions == 1
    target = f"{GROUP}:{place.people.say('Bob', GROUP, 'x')}"
    for emoji in sorted(limits.emoji):
        await place.does(Reaction(target, emoji))
    place.state.chats[GROUP].allowed_reactions = ["🔥"]
    with pytest.raises(Rejected, match="no reaction on Telegram, or not in this chat"):
        await place.does(Reaction(target, "👍"))


async def test_a_pin_and_its_removal(place):
    number = place.people.say("Bob", GROUP, "x")
    await place.does(Pin(f"{GROUP}:{number}"))
    assert place.state.chats[GROUP].pinned == [number]
    await place.does(Pin(f"{GROUP}:{number}", removed=True))
    await place.does(Pin(f"{GROUP}:{number}", removed=True))
    assert place.state.chats[GROUP].pinned == []


async def test_name_description_and_picture_of_a_chat(place, file, picture):
    chat = place.state.chats[GROUP]
    avatar = file(picture(), AttachmentKind.IMAGE)
    await place.does(ChatChange(ChatInfo(name="New", topic="about", avatar=avatar)))
    await place.does(ChatChange(ChatInfo(name="New", topic="about")))  # so it is already
    assert (chat.title, chat.description) == ("New", "about")
    assert chat.photo is not None
    await place.does(ChatChange(ChatInfo(avatar=type(avatar)(AttachmentKind.IMAGE, "", ""))))
    assert chat.photo is None


async def test_a_topic_has_a_name_and_nothing_else(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    await place.does(ChatChange(ChatInfo(name="Coffee")), f"{FORUM}/{topic}")
    assert place.state.chats[FORUM].topics[topic]["name"] == "Coffee"
    with pytest.raises(Rejected, match="has a name, and nothing else"):
        await place.does(ChatChange(ChatInfo(topic="x")), f"{FORUM}/{topic}")


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (ChatInfo(name="x" * 129), "name on Telegram has at most 128 characters; this has 129"),
        (ChatInfo(topic="x" * 256), "description on Telegram has at most 255 characters"),
    ],
)
async def test_what_is_too_long_for_telegram_is_told_and_not_cut(place, info, words):
    with pytest.raises(Rejected, match=words):
        await place.does(ChatChange(info))
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    if info.name:
        with pytest.raises(Rejected, match=words):
            await place.does(ChatChange(info), f"{FORUM}/{topic}")
    assert place.fake.acts.did == []


OLD = "-77:5"  # what was said when the group had another number


@pytest.mark.parametrize(
    "content",
    [
        Reaction(OLD, "👍"),
        Deletion(OLD),
        Pin(OLD),
        Edit(OLD, Message(())),
        Poll("?", ("a", "b"), closed=True, target=OLD),
    ],
)
async def test_what_is_from_before_the_group_became_a_supergroup_is_told_so(place, content):
    with pytest.raises(Rejected, match="from before the group became a supergroup"):
        await place.does(content)


async def test_an_answer_to_what_is_from_before_is_a_message_and_its_sender_is_told(place, message):
    poll, spot = Poll("?", ("a", "b"), reply_to=OLD), Location(1.0, 2.0, reply_to=OLD)
    for content in (message("one", reply_to=OLD), poll, spot):
        sent = await place.does(content)
        assert "reply_to_message" not in place.last()
        assert "message of its own" in sent.note
    assert (await place.does(message("two"))).note is None


async def test_a_bot_has_no_vote(place):
    with pytest.raises(Rejected, match="cannot vote"):
        await place.does(Vote(f"{GROUP}:1", (0,)))


async def test_entities_that_telegram_does_not_take_leave_the_text_of_edits_and_albums(
    place, message, file
):
    wrong = bad_request("entity URL 'https://x.org:0' is invalid: Wrong port number")
    (target,) = (await place.does(message("one"))).ids
    place.fake.faults.next(wrong, changes)
    await place.does(Edit(target, message("two")))
    assert place.last()["text"] == "Alice: two"
    files = tuple(file(b"x", AttachmentKind.FILE) for _ in range(2))
    place.fake.faults.next(wrong)
    await place.does(message("look", attachments=files))
    assert [one.message.get("caption") for one in place.fake.acts.did[-2:]] == ["Alice: look", None]
