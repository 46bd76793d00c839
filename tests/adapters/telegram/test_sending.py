"""What people on Matrix say, as Telegram shows it."""

from dataclasses import replace

import pytest

from bridgekit import (
    AttachmentKind,
    Bold,
    LineBreak,
    Location,
    Mention,
    MessageKind,
    Poll,
    Quote,
    Rejected,
    Sent,
    Text,
    plain,
)

GROUP, CHANNEL = -1001, -1_000_000_003_003


async def test_a_relayed_text_is_its_authors_by_entities_and_never_by_markup(place, message):
    sent = await place.does(message((Text("<b>*hi*</b> "), Bold((Text("you"),)))))
    assert place.last()["text"] == "Alice: <b>*hi*</b> you"
    assert [(one["type"], one["offset"], one["length"]) for one in place.last()["entities"]] == [
        ("bold", 0, 6),
        ("bold", 19, 3),
    ]
    assert sent == Sent((f"{GROUP}:{place.last()['message_id']}",))


async def test_emotes_and_what_the_bot_says_itself(place, message):
    await place.does(message("waves", kind=MessageKind.EMOTE))
    await place.does(message("I am the bot"), relayed=False)
    assert place.fake.acts.texts() == ["* Alice waves", "I am the bot"]


async def test_the_name_stands_where_the_operator_wants_it(fake, host, at_work, message):
    async with at_work(fake, host, relay_name="[{name}] ") as place:
        await place.does(message("hi"))
    assert place.last()["text"] == "[Alice] hi"


async def test_a_mention_calls_that_person(place, message):
    await place.does(message((Mention("Bob", user="1001"), Text(" and "), Mention("N", user="x"))))
    entity = place.last()["entities"][1]
    assert (entity["type"], entity["user"]["id"]) == ("text_mention", 1001)
    assert place.last()["text"] == "Alice: Bob and N"


async def test_a_reply_and_one_whose_target_is_gone(place, message):
    number = place.people.say("Bob", GROUP, "question")
    await place.does(message("yes", reply_to=f"{GROUP}:{number}"))
    assert place.last()["reply_to_message"]["message_id"] == number
    await place.does(message("no", reply_to=f"{GROUP}:999"))
    assert "reply_to_message" not in place.last()
    await place.does(message("old", reply_to=f"-55:{number}"))  # of before the group moved
    assert "reply_to_message" not in place.last()


@pytest.mark.parametrize(
    ("kind", "form", "mime", "shown"),
    [
        (AttachmentKind.IMAGE, "PNG", "image/png", "photo"),
        (AttachmentKind.IMAGE, "JPEG", "image/jpg", "photo"),
        (AttachmentKind.IMAGE, "GIF", "image/gif", "animation"),
        (AttachmentKind.IMAGE, "TIFF", "image/tiff", "document"),
        (AttachmentKind.VIDEO, "PNG", "video/mp4", "video"),
        (AttachmentKind.VIDEO, "PNG", "video/webm", "document"),
        (AttachmentKind.AUDIO, "PNG", "audio/mpeg", "audio"),
        (AttachmentKind.AUDIO, "PNG", "audio/flac", "document"),
        (AttachmentKind.VOICE, "PNG", "audio/ogg", "voice"),
        (AttachmentKind.VOICE, "PNG", "audio/wav", "document"),
        (AttachmentKind.FILE, "PNG", "text/plain", "document"),
        (AttachmentKind.STICKER, "PNG", "image/png", "sticker"),
        (AttachmentKind.STICKER, "GIF", "image/gif", "animation"),
    ],
)
async def test_a_file_is_sent_as_what_it_is(place, message, file, picture, kind, form, mime, shown):
    attachment = file(picture(form=form), kind, name="a.bin", mime=mime, duration=3.4)
    await place.does(message("look", attachments=(attachment,)))
    assert shown in place.last()
    if shown == "sticker":  # it has no words; its author is on a button
        assert place.last()["reply_markup"]["inline_keyboard"][0][0]["text"] == "Alice"
    else:
        assert place.last()["caption"] == "Alice: look"


@pytest.mark.parametrize(
    ("data", "about"),
    [
        ((9000, 2000), {"width": 9000, "height": 2000}),
        ((900, 30), {"width": 900, "height": 30}),
        ((900, 30), {}),
        (b"no picture", {"width": 5, "height": 5}),
    ],
    ids=["too large", "too flat", "unknown size", "no picture at all"],
)
async def test_a_picture_that_is_no_photo_for_telegram_is_a_document(
    place, message, file, picture, data, about
):
    content = data if isinstance(data, bytes) else picture(*data)
    attachment = file(content, AttachmentKind.IMAGE, name="a.png", mime="image/png", **about)
    await place.does(message(attachments=(attachment,)))
    assert place.last()["document"]["file_name"] == "a.png"
    assert place.last()["caption"] == "Alice:"


async def test_what_is_no_picture_is_no_sticker(place, message, file):
    attachment = file(b"x", AttachmentKind.STICKER, mime="image/png")
    with pytest.raises(Rejected, match="no picture"):
        await place.does(message(attachments=(attachment,)))


async def test_several_files_are_an_album_each_by_its_id(place, message, file, picture):
    files = [file(picture(), AttachmentKind.IMAGE, mime="image/png") for _ in range(3)]
    sent = await place.does(message("all", attachments=tuple(files)))
    assert len(sent.ids) == 3
    album = [one.message for one in place.fake.acts.of("sendmediagroup")]
    assert album[0]["caption"] == "Alice: all"
    assert len({one["media_group_id"] for one in album}) == 1


async def test_an_album_with_what_is_no_photo_is_one_of_documents(place, message, file, picture):
    flat = file(picture(900, 30), AttachmentKind.IMAGE, mime="image/png")
    good = file(picture(), AttachmentKind.IMAGE, mime="image/png")
    sent = await place.does(message("all", attachments=(good, flat)))
    assert len(sent.ids) == 2
    assert all("document" in one.message for one in place.fake.acts.of("sendmediagroup"))


async def test_places_are_locations_and_named_ones_venues_with_their_author(place):
    await place.does(Location(48.2, 16.4))
    assert place.last()["location"] == {"latitude": 48.2, "longitude": 16.4}
    assert place.last()["reply_markup"]["inline_keyboard"][0][0]["text"] == "Alice"
    await place.does(Location(48.2, 16.4, "Cafe"))
    assert place.last()["venue"]["title"] == "Cafe"


async def test_a_poll_its_votes_and_its_end(place):
    sent = await place.does(Poll("Tea?", ("yes", "no")))
    poll = place.last()["poll"]
    assert poll["question"] == "Alice: Tea?"
    vote = await place.hears_one(lambda: place.people.vote("Bob", poll["id"], 1))
    assert (vote.content.target, vote.content.options) == (sent.ids[0], (1,))
    before = len(place.host.events)
    await place.does(Poll("Tea?", ("yes", "no"), closed=True, target=sent.ids[0]))
    results = (await place.heard(before + 1))[-1]
    assert plain(results.content.text) == "The poll “Alice: Tea?” has ended.\nyes: 0\nno: 1"
    await place.does(
        Poll("Tea?", ("yes", "no"), closed=True, target=sent.ids[0])
    )  # again: so be it
    assert place.last()["poll"]["is_closed"]


@pytest.mark.parametrize(
    ("poll", "why"),
    [
        (Poll("Tea?", ("yes",)), "2 to 12 answers"),
        (Poll("Tea" * 200, ("yes", "no")), "at most 300"),
        (Poll("Tea?", ("yes" * 50, "no")), "at most 100"),
    ],
)
async def test_a_poll_that_telegram_cannot_have_is_refused_unsent(place, poll, why):
    with pytest.raises(Rejected, match=why):
        await place.does(poll)
    assert place.fake.acts.did == []


async def test_nobody_sees_votes_in_a_channel_so_a_poll_there_is_anonymous(place):
    await place.does(Poll("Tea?", ("yes", "no")), CHANNEL)
    assert place.last()["poll"]["is_anonymous"]


async def test_a_long_name_leaves_room_for_what_is_said(place, matrix_event, message):
    event = matrix_event(message("word " * 900), author="n" * 4200)
    parts = place.client.split(event)
    assert len(parts) == 2
    for part in parts:
        await place.client.send(replace(event, content=part))
    said = place.fake.acts.texts()
    assert "".join(said).count("word") == 900
    assert all(text.startswith("n" * 128 + ": word") for text in said)


async def test_a_channel_hears_as_any_chat_does(place, message):
    await place.does(message("news"), CHANNEL)
    assert (place.last()["text"], place.last()["chat"]["id"]) == ("Alice: news", CHANNEL)


async def test_pacing_is_by_chat_by_group_and_over_all(place, matrix_event, message):
    await place.client.pace(matrix_event(message("x")))
    assert place.host.paced == [("group", str(GROUP)), ("chat", str(GROUP)), ("all",)]
    await place.client.pace(matrix_event(message("x"), 1001))
    assert ("group", "1001") not in place.host.paced
    assert set(place.host.costs) == {1}


async def test_an_album_counts_as_what_telegram_makes_of_it(place, matrix_event, message, file):
    files = tuple(file(b"x", AttachmentKind.FILE) for _ in range(4))
    await place.client.pace(matrix_event(message("x", attachments=files)))
    assert place.host.costs == [4, 4, 4]


async def test_a_quote_keeps_its_lines(place, message):
    await place.does(message((Quote((Text("a"), LineBreak(), Text("b"))), Text("c"))))
    assert place.last()["text"] == "Alice:\na\nb\nc"
    assert place.last()["entities"][1]["type"] == "blockquote"


async def test_whoever_presses_the_button_below_a_sticker_is_told_what_it_is(
    place, message, file, picture
):
    attachment = file(picture(), AttachmentKind.STICKER, mime="image/png")
    await place.does(message(attachments=(attachment,)))
    number = place.last()["message_id"]
    place.people.press("Bob", GROUP, number, "author")
    (answer,) = await place.fake.acts.until(lambda: place.fake.acts.of("answercallbackquery"))
    assert answer.about == "This person sent it from Matrix."
