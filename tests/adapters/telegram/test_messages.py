"""What people say on Telegram, as the core is given it."""

import pytest

from bridgekit import (
    AttachmentKind,
    Bold,
    Location,
    MessageKind,
    Poll,
    RemoteUserID,
    Text,
    plain,
)
from bridges.telegram.fake.sends import poll as made_poll

GROUP, CHANNEL = -1001, -1_000_000_003_003


async def test_a_text_with_its_author_and_formatting(place):
    bold = [{"type": "bold", "offset": 0, "length": 2}]
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, "hi you", entities=bold))
    assert event.chat.id == str(GROUP)
    assert event.id == f"{GROUP}:2"
    assert event.content.text == (Bold((Text("hi"),)), Text(" you"))
    assert (event.people[0].id, event.people[0].name) == (event.sender, "Bob")


@pytest.mark.parametrize(
    ("kind", "shown", "about"),
    [
        ("photo", AttachmentKind.IMAGE, {"width": 40, "height": 30}),
        ("video", AttachmentKind.VIDEO, {"width": 4, "height": 3, "duration": 7}),
        ("animation", AttachmentKind.VIDEO, {"width": 4, "height": 3, "duration": 7}),
        ("audio", AttachmentKind.AUDIO, {"duration": 7, "title": "Song", "performer": "Band"}),
        ("voice", AttachmentKind.VOICE, {"duration": 7}),
        ("video_note", AttachmentKind.VIDEO, {"length": 240, "duration": 7}),
        ("document", AttachmentKind.FILE, {"file_name": "a.txt", "mime_type": "text/plain"}),
        (
            "live_photo",
            AttachmentKind.VIDEO,
            {"width": 4, "height": 3, "duration": 2},
        ),
    ],
)
async def test_a_file_of_each_kind_can_be_downloaded(place, kind, shown, about):
    event = await place.hears_one(
        lambda: place.people.send_file("Bob", GROUP, kind, b"bytes", caption="look", **about)
    )
    (attachment,) = event.content.attachments
    assert attachment.kind is shown
    assert attachment.size == 5
    assert attachment.name
    assert plain(event.content.text) == "look"
    assert b"".join([piece async for piece in place.client.download(attachment)]) == b"bytes"


STICKER = {"width": 512, "height": 512, "type": "regular", "emoji": "🦊"}


@pytest.mark.parametrize(
    ("flags", "kind", "words"),
    [
        ({"is_animated": False, "is_video": False}, AttachmentKind.STICKER, ""),
        ({"is_animated": False, "is_video": True}, AttachmentKind.VIDEO, ""),
        ({"is_animated": True, "is_video": False}, AttachmentKind.STICKER, "🦊"),
    ],
    ids=["static", "video", "animated"],
)
async def test_a_sticker_is_shown_or_else_its_picture_and_emoji(
    place, flags, kind, words, monkeypatch
):
    monkeypatch.setattr("bridges.telegram.animated.INSTALLED", False)
    small = place.state.files.described(b"small", "thumbs", width=128, height=128)
    event = await place.hears_one(
        lambda: place.people.send_file(
            "Bob", GROUP, "sticker", b"sticker", thumbnail=small, **STICKER, **flags
        )
    )
    (attachment,) = event.content.attachments
    assert attachment.kind is kind
    assert plain(event.content.text) == words
    expected = b"small" if flags["is_animated"] else b"sticker"
    assert b"".join([piece async for piece in place.client.download(attachment)]) == expected


async def test_an_album_arrives_in_order_each_item_by_its_own_id(place):
    def album():
        for number in range(3):
            about = {"width": 4, "height": 3, "media_group_id": "9"}
            place.people.send_file("Bob", GROUP, "photo", bytes([number]), **about)

    events = await place.hears(album)
    assert [event.id for event in events] == [f"{GROUP}:{number}" for number in (2, 3, 4)]
    assert all(len(event.content.attachments) == 1 for event in events)


AT = {"latitude": 48.2, "longitude": 16.4}


async def test_a_place_and_a_venue(place):
    first, second = await place.hears(
        lambda: (
            place.people.say("Bob", GROUP, location=AT),
            place.people.say(
                "Bob", GROUP, location=AT, venue={"location": AT, "title": "Cafe", "address": "X 1"}
            ),
        )
    )
    assert first.content == Location(48.2, 16.4)
    assert second.content == Location(48.2, 16.4, "Cafe, X 1")


async def test_a_live_location_moves_under_its_id_with_a_later_stamp(place):
    def walk():
        number = place.people.say("Bob", GROUP, location={**AT, "live_period": 600})
        place.people.edit(
            "Bob", GROUP, number, location={**AT, "latitude": 48.3, "live_period": 600}
        )

    first, second = await place.hears(walk)
    assert first.id == second.id
    assert first.content.live
    assert second.content.latitude == 48.3
    assert second.content.stamp > first.content.stamp


async def test_a_poll_and_its_results(place):
    def poll():
        number = place.people.ask("Bob", GROUP, "Tea?", "yes", "no")
        place.people.close_poll(GROUP, number, 3, 1)

    asked, ended, results = await place.hears(poll)
    assert asked.content == Poll("Tea?", ("yes", "no"), anonymous=True, stamp="0")
    assert (ended.id, ended.content.closed, ended.content.stamp) == (asked.id, True, "1")
    assert plain(results.content.text) == "The poll “Tea?” has ended.\nyes: 3\nno: 1"
    assert results.content.reply_to == asked.id


async def test_what_only_one_person_sees_goes_into_no_room(place):
    assert await place.hears(lambda: place.people.say("Bob", GROUP, "x", receiver_user={})) == []


async def test_what_only_one_person_sees_is_known_also_to_a_library_that_knows_of_it(
    place, monkeypatch
):
    monkeypatch.setattr("bridges.telegram.convert.NOT_FOR_ALL", ("author_signature",))
    secret = {"author_signature": "for Ann"}
    assert await place.hears(lambda: place.people.say("Bob", GROUP, "x", **secret)) == []


@pytest.mark.parametrize("kind", ["business_message", "edited_business_message", "guest_message"])
async def test_what_is_said_to_somebody_elses_account_goes_into_no_room(place, kind):
    """No such kind is asked for; it is kept for the operator should it come."""
    chat = place.state.chats[GROUP].brief
    body = {"message_id": 77, "date": 1, "chat": chat, "from": place.state.user("Ann")}
    update = {"update_id": place.fake.queue.number + 1, kind: {**body, "text": "secret"}}
    assert await place.hears(lambda: place.fake.queue.put(update)) == []
    assert len(place.host.aside) == 1


async def test_a_reply_a_quote_and_an_answer_from_another_chat(place):
    def talk():
        first = place.people.say("Bob", GROUP, "a long question")
        quote = {"text": "long", "position": 2, "is_manual": True}
        place.people.say("Ann", GROUP, "an answer", answers=first, quote=quote)
        origin = {"type": "hidden_user", "sender_user_name": "Eve", "date": 1}
        external = {"origin": origin, "message_id": 5}
        place.people.say(
            "Ann", GROUP, "elsewhere", external_reply=external, quote={"text": "q", "position": 0}
        )

    question, answer, elsewhere = await place.hears(talk)
    assert answer.content.reply_to == question.id
    assert answer.content.quote == (Text("long"),)
    assert elsewhere.content.reply_to is None
    assert plain(elsewhere.content.quote) == "Eve: q"


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": {"id": 5, "is_bot": False, "first_name": "Ann"}}, "Ann"),
        ({"type": "hidden_user", "sender_user_name": "Somebody"}, "Somebody"),
        ({"type": "chat", "sender_chat": {"id": -7, "type": "group", "title": "G"}}, "G"),
        (
            {
                "type": "channel",
                "chat": {"id": -8, "type": "channel", "title": "News"},
                "message_id": 3,
                "author_signature": "Eve",
            },
            "News (Eve)",
        ),
    ],
)
async def test_a_forward_names_its_origin(place, origin, name):
    event = await place.hears_one(
        lambda: place.people.say("Bob", GROUP, "x", forward_origin={**origin, "date": 1})
    )
    assert event.content.forwarded_from == name


async def test_a_place_and_a_poll_have_a_line_above_them_with_what_has_no_room_in_them(place):
    asked = made_poll(place.state, "Green?", ["yes", "no"], anonymous=True, multiple=False)
    origin = {"type": "user", "sender_user": place.state.user("Eve"), "date": 1}
    first = place.people.say("Ann", GROUP, "where is it?")
    await place.heard(1)
    picked = {"text": "where", "position": 0, "is_manual": True}
    gif = {"id": 55, "is_bot": True, "first_name": "Map", "username": "map_bot"}
    from_eve, where, by_map, question, alone = await place.hears(
        lambda: (
            place.people.say("Bob", GROUP, location=AT, forward_origin=origin),
            place.people.say("Bob", GROUP, poll=asked, answers=first, quote=picked, via_bot=gif),
            place.people.say("Bob", GROUP, location=AT),
        )
    )
    assert (from_eve.content.forwarded_from, from_eve.content.text) == ("Eve", ())
    assert from_eve.key == f"about {where.id}"
    assert from_eve.id is None
    assert from_eve.sender == where.sender == str(place.state.user("Bob")["id"])
    assert plain(by_map.content.quote) == "where"
    assert plain(by_map.content.text) == "via @map_bot"
    assert by_map.content.reply_to == question.content.reply_to == f"{GROUP}:{first}"
    assert [type(one.content) for one in (where, question, alone)] == [Location, Poll, Location]


async def test_votes_with_the_same_number_after_a_quiet_week_are_both_told(place):
    number = place.people.ask("Bob", GROUP, "?", "a", "b")
    await place.heard(1)
    asked = place.state.chats[GROUP].messages[number]["poll"]["id"]
    voter = place.state.user("Ann")

    place.fake.queue.number += 1

    def vote(option):
        answer = {"poll_id": asked, "user": voter, "option_ids": [option]}
        about = {**answer, "option_persistent_ids": []}
        place.fake.queue.put({"update_id": place.fake.queue.number, "poll_answer": about})

    first, second = await place.hears(lambda: (vote(0), vote(1)))
    assert first.key != second.key


async def test_a_channel_speaks_as_itself_signed_or_not(place):
    first, second = await place.hears(
        lambda: (
            place.people.post(CHANNEL, "news"),
            place.people.post(CHANNEL, "news", author_signature="Eve"),
        )
    )
    assert first.sender == second.sender == RemoteUserID("channel-3003")
    assert first.people[0].name == "A channel"
    assert second.content.profile.name == "A channel (Eve)"


async def test_an_anonymous_administrator_is_the_group_and_never_the_stand_in(place):
    stand_in = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    chat = place.state.chats[GROUP]
    event = await place.hears_one(
        lambda: place.people.say("Bob", GROUP, "x", sender_chat=chat.brief, **{"from": stand_in})
    )
    assert event.sender == "group-1001"
    assert event.content.kind is MessageKind.TEXT


async def test_a_post_in_a_discussion_group_is_the_channels_and_no_forward(place):
    channel = place.state.chats[CHANNEL].brief
    origin = {"type": "channel", "chat": channel, "message_id": 1, "date": 1}
    about = {"sender_chat": channel, "is_automatic_forward": True, "forward_origin": origin}
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, "x", **about))
    assert (event.sender, event.content.forwarded_from) == ("channel-3003", None)


async def test_other_bots_are_programs_and_their_buttons_are_shown(place):
    bot = {"id": 55, "is_bot": True, "first_name": "Robo"}
    keys = [[{"text": "Open", "url": "https://x.org"}, {"text": "Vote", "callback_data": "1"}]]
    event = await place.hears_one(
        lambda: place.people.say(
            "Bob", GROUP, "x", reply_markup={"inline_keyboard": keys}, via_bot=bot, **{"from": bot}
        )
    )
    assert event.content.kind is MessageKind.NOTICE
    assert plain(event.content.text) == "x\n[Open] (https://x.org)\n[Vote]\nvia @None"
