"""What Matrix has nothing for, or this version does not know: a readable line, never nothing."""

from inspect import signature

import pytest
from telegram import Message as TelegramMessage

from bridgekit import Bold, LineBreak, Message, Text, Unsupported, plain
from bridges.telegram import services, showing
from bridges.telegram.fake.sends import poll

GROUP = -1001


GIFT = {
    "gift": {
        "id": "1",
        "star_count": 5,
        "sticker": {
            "file_id": "f",
            "file_unique_id": "u",
            "type": "regular",
            "width": 9,
            "height": 9,
            "is_animated": False,
            "is_video": False,
        },
    }
}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"contact": {"phone_number": "+1", "first_name": "Ann"}}, "Contact: Ann, +1"),
        ({"dice": {"emoji": "🎲", "value": 6}}, "🎲 6"),
        (
            {"game": {"title": "Chess", "description": "a game", "photo": []}},
            "Game: Chess. a game",
        ),
        (
            {"story": {"id": 1, "chat": {"id": 5, "type": "private", "first_name": "A"}}},
            "A story, which only Telegram shows.",
        ),
        (
            {"paid_media": {"star_count": 3, "paid_media": []}},
            "Photos or videos that cost 3 stars on Telegram.",
        ),
        (
            {"checklist": {"title": "Todo", "tasks": [{"id": 1, "text": "milk"}]}},
            "Checklist: Todo\n☐ milk",
        ),
        (
            {"giveaway": {"chats": [], "winners_selection_date": 1, "winner_count": 1}},
            "A giveaway has begun, in which one can take part on Telegram.",
        ),
        ({"gift": GIFT}, "A gift."),
        ({"gift": {**GIFT, "text": "for you"}}, "A gift. for you"),
        (
            {"game": {"title": "Chess", "description": "a game", "photo": [], "text": "Ann: 7"}},
            "Game: Chess. a game Ann: 7",
        ),
        (
            {
                "giveaway": {
                    "chats": [],
                    "winners_selection_date": 1,
                    "winner_count": 1,
                    "prize_description": "a cake",
                }
            },
            "A giveaway has begun, in which one can take part on Telegram. a cake",
        ),
    ],
    ids=[
        *("contact", "dice", "game", "story", "paid", "checklist", "giveaway", "gift"),
        *("gift with words", "game with words", "giveaway with words"),
    ],
)
async def test_what_matrix_has_nothing_for_is_a_readable_line(place, content, line):
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, **content))
    assert isinstance(event.content, Message)
    assert plain(event.content.text) == line


LATER = "Telegram shows something here that the bridge cannot: rich message."


async def test_content_of_a_later_version_leaves_a_visible_line(place):
    event = await place.hears_one(
        lambda: place.people.say("Bob", GROUP, rich_message={"blocks": []})
    )
    assert event.content == Unsupported(LATER)


async def test_what_stands_below_content_of_a_later_version_is_shown_with_that_line(place):
    bold = [{"type": "bold", "offset": 0, "length": 4}]
    said = {"rich_message": {"blocks": []}, "caption": "look here", "caption_entities": bold}

    def talk():
        number = place.people.say("Bob", GROUP, **said)
        place.people.edit("Bob", GROUP, number, caption="look there")

    event, edit = await place.hears(talk)
    assert event.content.text == (Text(LATER), LineBreak(), Bold((Text("look"),)), Text(" here"))
    assert plain(edit.content.message.text) == f"{LATER}\nlook there"


def test_every_field_of_a_message_that_the_library_knows_is_shown_or_only_describes_it():
    texts = ("text", "caption", "location", "venue", "poll", "live_photo", "animation", "audio")
    files = ("document", "photo", "sticker", "video", "video_note", "voice")
    chat = ("new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo")
    others = ("delete_chat_photo", "pinned_message", "migrate_to_chat_id", "migrate_from_chat_id")
    shown = {*texts, *files, *chat, *others, *dict(showing.LINES), *dict(services.LINES)}
    fields = {*signature(TelegramMessage).parameters} - {"api_kwargs", "from_user"}
    assert fields - shown - showing.NO_CONTENT == set()


async def test_what_no_table_has_is_named_by_telegrams_own_word(place, monkeypatch):
    monkeypatch.setattr(showing, "LINES", ())
    event = await place.hears_one(
        lambda: place.people.say("Bob", GROUP, dice={"emoji": "x", "value": 1})
    )
    assert event.content.text.endswith("cannot: dice.")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            {"poll_option_added": {"option_persistent_id": "1", "option_text": "maybe"}},
            "An answer was added to a poll: maybe",
        ),
        (
            {"poll_option_deleted": {"option_persistent_id": "1", "option_text": "maybe"}},
            "An answer was taken from a poll: maybe",
        ),
        (
            {"checklist_tasks_added": {"tasks": [{"id": 1, "text": "milk"}]}},
            "Tasks were added to a checklist: milk",
        ),
        (
            {"suggested_post_declined": {"comment": "too long"}},
            "A suggested post was declined: too long",
        ),
    ],
    ids=["answer", "answer taken", "tasks", "comment"],
)
async def test_what_people_wrote_stands_in_the_line_of_what_they_did(place, content, line):
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, **content))
    assert event.content == Unsupported(line)


async def test_the_description_of_a_poll_is_shown_with_its_question(place):
    asked = poll(place.state, "Green?", ["yes", "no"], anonymous=True, multiple=False)
    asked["description"] = "of tea"
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, poll=asked))
    assert event.content.question == "Green?\nof tea"
