"""What goes wrong at Telegram, and what the core is told of it."""

import asyncio
import json

import pytest
from telegram.error import NetworkError

from bridgekit import (
    Attachment,
    AttachmentKind,
    Bold,
    ChatMoved,
    Deletion,
    Edit,
    LoginError,
    Moved,
    Reaction,
    Rejected,
    RetryLater,
    Scope,
    Text,
    plain,
)
from bridges.telegram.fake.errors import BotError, bad_request, forbidden, too_many
from bridges.telegram.fake.faults import Loss, changes

GROUP = -1001


async def test_a_pause_is_for_this_chat_and_as_long_as_telegram_says(place, message):
    place.fake.faults.next(too_many(35))
    with pytest.raises(RetryLater) as asked:
        await place.does(message("x"))
    assert (asked.value.after, asked.value.scope) == (35, Scope.CHAT)


@pytest.mark.parametrize("fault", [Loss.AFTER, BotError(502, "Bad Gateway"), BotError(500, "x")])
async def test_an_answer_that_is_lost_leaves_it_unknown(place, message, fault):
    place.fake.faults.next(fault)
    with pytest.raises(NetworkError):
        await place.does(message("x"))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (BotError(413, "Request Entity Too Large"), "too large for Telegram"),
        (BotError(418, "I'm a teapot"), "Telegram refused it: .*teapot"),
    ],
)
async def test_what_no_server_would_take_was_surely_not_sent(place, message, fault, why):
    place.fake.faults.next(fault)
    with pytest.raises(Rejected, match=why):
        await place.does(message((Bold((Text("x"),)),)))
    assert place.fake.acts.did == []  # nor once more without its entities


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("there is no text in the message to edit", "a file cannot become text"),
        ("there is no caption in the message to edit", "text cannot become a file"),
    ],
)
async def test_an_edit_of_another_kind_is_refused_in_the_right_direction(
    place, message, words, why
):
    (target,) = (await place.does(message("x"))).ids
    place.fake.faults.next(bad_request(words), changes)
    with pytest.raises(Rejected, match=why):
        await place.does(Edit(target, message("y")))


async def test_what_was_never_sent_is_tried_later(place, message):
    place.client._listening._wire._api_url = "http://127.0.0.1:1"
    with pytest.raises(RetryLater) as asked:
        await place.does(message("x"))
    assert asked.value.scope is Scope.LOGIN


async def test_a_chat_that_moved_is_told_by_its_new_number(place, message):
    place.state.add_chat(-55, "group")
    place.people.migrate(-55, -1_000_000_000_055, told=False)
    with pytest.raises(ChatMoved) as moved:
        await place.does(message("x"), -55)
    assert moved.value.new == "-1000000000055"


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ({"status": "kicked"}, "was removed from this Telegram chat"),
        ({"status": "left"}, "is not in this Telegram chat"),
        ({"status": "restricted", "can_send_messages": False}, "may not do this"),
    ],
)
async def test_where_the_bot_may_not_write_people_are_told(place, message, standing, words):
    place.state.chats[GROUP].members[place.state.bot["id"]] = standing
    with pytest.raises(Rejected, match=words):
        await place.does(message("x"))


async def test_a_deleted_or_unknown_chat_is_told_and_others_go_on(place, message):
    place.state.add_chat(-66, "group").deleted = True
    with pytest.raises(Rejected, match="was deleted"):
        await place.does(message("x"), -66)
    with pytest.raises(Rejected, match="does not know this chat"):
        await place.does(message("x"), -77)
    with pytest.raises(Rejected, match="no Telegram chat"):
        await place.does(message("x"), "#python")
    await place.does(message("x"))


@pytest.mark.parametrize(
    "words",
    [
        "can't parse entities: unsupported start tag",
        "entity URL 'https://x.org:0' is invalid: Wrong port number specified in the URL",
        "can't parse MessageEntity: expected an Object",
    ],
)
async def test_entities_that_telegram_does_not_take_leave_the_text(place, message, words):
    place.fake.faults.next(bad_request(words))
    await place.does(message("x"))
    assert place.last()["text"] == "Alice: x"
    assert "entities" not in place.last()


async def test_an_answer_to_what_is_not_there_is_sent_without(place, message):
    number = place.people.say("Bob", GROUP, "x")
    place.fake.faults.next(bad_request("message to be replied not found"))
    await place.does(message("y", reply_to=f"{GROUP}:{number}"))
    assert "reply_to_message" not in place.last()


@pytest.mark.parametrize(
    "content",
    [Reaction(f"{GROUP}:1", "👍"), Deletion(f"{GROUP}:1"), Edit(f"{GROUP}:1", None)],
    ids=["reaction", "deletion", "edit"],
)
async def test_what_is_refused_is_refused_for_good(place, message, content):
    if isinstance(content, Edit):
        content = Edit(content.target, message("x"))
    place.fake.faults.next(forbidden("bot was kicked from the group chat"), changes)
    with pytest.raises(Rejected, match="was removed"):
        await place.does(content)


async def test_what_telegram_says_newly_is_passed_on_in_its_words(place, message):
    place.fake.faults.next(bad_request("the stars\u202e are wrong"))
    with pytest.raises(Rejected, match=r"^Telegram refused it: The stars are wrong$"):
        await place.does(message("x"))


async def test_a_revoked_token_ends_the_login(place, message):
    place.fake.faults.unauthorized = True
    with pytest.raises(LoginError, match="ask @BotFather"):
        await place.does(message("x"))


async def test_a_token_that_is_refused_at_first_is_a_login_error(fake, host, at_work):
    fake.faults.unauthorized = True
    with pytest.raises(LoginError, match="BotFather"):
        async with at_work(fake, host):
            pass


async def test_a_second_reader_ends_the_first_with_a_sentence(place):
    await place.client._listening._wire.updates(None, 0, [])
    with pytest.raises(RetryLater, match="Another program receives"):
        await place.running


async def test_a_poll_that_fails_is_made_again_and_one_that_fails_and_fails_ends_it(
    place, monkeypatch
):
    monkeypatch.setattr("bridges.telegram.listening._PAUSES", (0.0, 0.0, 0.0))
    for fault in (Loss.BEFORE, BotError(502, "Bad Gateway"), Loss.AFTER):
        place.fake.faults.next(fault, lambda method: method == "getupdates")
    (event,) = await place.hears(lambda: place.people.say("Bob", GROUP, "still there"))
    assert plain(event.content.text) == "still there"
    for _ in range(4):
        fault = BotError(502, "Bad Gateway")
        place.fake.faults.next(fault, lambda method: method == "getupdates")
    with pytest.raises(NetworkError):
        await place.running


async def test_a_webhook_that_was_left_is_told_and_not_taken_away(fake, host, at_work):
    fake.webhook.url = "https://elsewhere.example.org"
    with pytest.raises(RetryLater, match="bridgekit setup"):
        async with at_work(fake, host):
            pass
    assert fake.webhook.url


async def test_poison_updates_are_set_aside_and_the_next_ones_arrive(place):
    def talk():
        place.fake.queue.put({"update_id": 300_000_000, "message": None})
        for body in ({"message_id": "x", "chat": None}, {"message_id": 1}, "no object", None):
            place.fake.queue.add("message", body)
        place.fake.queue.add("message", {"message_id": 9, "date": 1, "chat": 7, "text": []})
        place.people.say("Bob", GROUP, "fine")

    events = await place.hears(talk)
    assert [plain(event.content.text) for event in events] == ["fine"]
    assert len(place.host.aside) == 6
    assert all(json.loads(body) for body, _ in place.host.aside)


async def test_a_kind_of_update_that_nobody_asked_for_is_set_aside(place):
    update = {"update_id": 200_000_000, "telepathy": {"chat": {}}}
    events = await place.hears(lambda: place.fake.queue.put(update))
    assert events == []
    assert "does not know" in place.host.aside[0][1]


async def test_the_offset_moves_only_once_the_batch_is_stored(fake, host, at_work):
    async with at_work(fake, host) as place:
        host.failures.append(OSError("the disk is full"))
        fake.people.say("Bob", GROUP, "keep me")
        while host.failures:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0)
        assert len(fake.queue.waiting) == 1
    async with at_work(fake, host) as place:
        await place.heard()
    assert plain(host.events[0].content.text) == "keep me"


async def test_an_update_that_is_told_again_confirms_none_that_was_not_told(fake, host, at_work):
    for number in range(150):  # more than one answer holds
        fake.people.say("Bob", GROUP, f"word {number}")
    fake.queue.again.append(fake.queue.waiting[-1][1])  # the last one comes first
    async with at_work(fake, host) as place:
        await place.heard(151)
    said = {plain(event.content.text) for event in host.events}
    assert said == {f"word {number}" for number in range(150)}


async def test_what_was_kept_for_more_than_a_day_may_be_missing(fake, host, at_work):
    async with at_work(fake, host) as place:
        assert place.client.resumes
        await place.fake.acts.until(lambda: True)
    host.saved["listening at"] = "1000"
    async with at_work(fake, host) as place:
        assert not place.client.resumes


async def test_a_move_that_nobody_heard_of_is_told_before_what_was_said_since(fake, host, at_work):
    fake.state.add_chat(-55, "group", "Small")
    host.linked = ["-55", "-66", str(GROUP), "#tea"]
    host.saved["listening at"] = "1000"  # longer ago than Telegram keeps what happens
    fake.people.migrate(-55, -1_000_000_000_055, told=False)
    fake.people.say("Bob", -1_000_000_000_055, "hello")
    async with at_work(fake, host) as place:
        moved, said = await place.heard(2)
    assert (moved.chat.id, moved.content) == ("-55", Moved("-1000000000055"))
    assert plain(said.content.text) == "hello"


async def test_a_file_that_is_too_large_gone_or_expired(place):
    large = Attachment(AttachmentKind.FILE, "u x", "a", size=21_000_000)
    with pytest.raises(Rejected, match="more than 20 MB"):
        await anext(place.client.download(large))
    stored = place.state.files.add(b"x", size=30_000_000)  # which lies about its size
    with pytest.raises(Rejected, match="larger than what Telegram gives"):
        await anext(place.client.download(Attachment(AttachmentKind.FILE, f"u {stored.id}", "a")))
    with pytest.raises(ConnectionError, match="just now"):  # "or temporarily unavailable"
        await anext(place.client.download(Attachment(AttachmentKind.FILE, "u nothing", "a")))
    stored = place.state.files.add(b"x")
    place.state.files.expired.add(stored.path)
    with pytest.raises(Rejected, match="does not have this file any more"):
        await anext(place.client.download(Attachment(AttachmentKind.FILE, f"u {stored.id}", "a")))
    place.state.files.expired.clear()
    pieces = place.client.download(Attachment(AttachmentKind.FILE, f"u {stored.id}", "a"))
    assert [piece async for piece in pieces] == [b"x"]


@pytest.mark.parametrize("code", [429, 502])
async def test_a_file_that_telegram_cannot_give_just_now_is_not_gone(place, code):
    stored = place.state.files.add(b"x")
    file = Attachment(AttachmentKind.FILE, f"u {stored.id}", "a")
    place.fake.faults.next(BotError(code, "Later"), lambda method: method == "file")
    with pytest.raises(ConnectionError):  # the core asks again
        await anext(place.client.download(file))
    assert [piece async for piece in place.client.download(file)] == [b"x"]


async def test_a_link_to_a_file_that_has_expired_is_asked_for_once_more(place):
    stored = place.state.files.add(b"x")
    file = Attachment(AttachmentKind.FILE, f"u {stored.id}", "a")
    expired = BotError(404, "Not Found")
    place.fake.faults.next(expired, lambda method: method == "file")
    assert [piece async for piece in place.client.download(file)] == [b"x"]
    for _ in range(2):
        place.fake.faults.next(expired, lambda method: method == "file")
    with pytest.raises(Rejected, match="does not have this file any more"):
        await anext(place.client.download(file))
