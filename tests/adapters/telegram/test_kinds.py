"""The README's tables of what becomes of each kind, held against the code and Telegram's lists."""

import re
from inspect import signature
from pathlib import Path
from typing import get_args

import pytest
from telegram import Message as TelegramMessage
from telegram import MessageEntity, User
from telegram.constants import MessageEntityType, UpdateType

from bridgekit import (
    AttachmentKind,
    ChatChange,
    ChatInfo,
    Content,
    Deletion,
    Edit,
    Location,
    MessageKind,
    Pin,
    Poll,
    Reaction,
    Rejected,
    SupportsMembership,
    SupportsReceipt,
    Typing,
    Vote,
)
from bridgekit.richtext import from_html, to_html
from bridges.telegram import services, showing
from bridges.telegram.entities import rich_text
from bridges.telegram.fake.sends import poll
from bridges.telegram.inbox import KINDS
from bridges.telegram.layout import formatted

README = Path(__file__).parents[3] / "bridges" / "telegram" / "README.md"
GROUP, FORUM = -1001, -1_000_000_002_002
CODE = re.compile(r"`([^`]*)`")


def table(heading):
    """The rows of the table that begins so, as cells of what is code in them."""
    section = README.read_text("utf-8").partition("## What becomes of each kind")[2]
    body = section.partition(f"| {heading}")[2].partition("\n\n")[0]
    lines = [line.replace(r"\|", "\0") for line in body.splitlines()[2:]]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert rows
    return [
        [[one.replace("\0", "|") for one in CODE.findall(cell)] for cell in row] for row in rows
    ]


def named(rows, column=0):
    found = [one for row in rows for one in row[column]]
    assert len(found) == len(set(found)), "each stands in one row"
    return set(found)


def test_every_kind_of_update_has_its_row_and_those_are_asked_for_that_are_used():
    rows = README.read_text("utf-8").partition("| Update |")[2].partition("\n\n")[0].splitlines()
    unasked = {one for row in rows if "not asked for" in row for one in CODE.findall(row)}
    assert named(table("Update")) == {kind.value for kind in UpdateType}
    assert named(table("Update")) - unasked == set(KINDS)


def test_every_part_of_a_message_has_its_row():
    fields = {*signature(TelegramMessage).parameters} - {"api_kwargs", "from_user"}
    assert named(table("In a message")) == fields - showing.NO_CONTENT


LINES = {**dict(showing.LINES), **dict(services.LINES)}


def test_every_line_is_what_the_table_says():
    kinds = {name: row[1][0] for row in table("In a message") for name in row[0]}
    said = {name for name, kind in kinds.items() if kind == "Message"}
    assert said & LINES.keys() == dict(showing.LINES).keys()
    assert {name for name, kind in kinds.items() if kind == "Unsupported"} == {
        *dict(services.LINES)
    }


AT = {"latitude": 48.2, "longitude": 16.4}
STICKER = {"type": "regular", "is_animated": False, "is_video": False}


def shown(place, name):
    """Somebody shows something with this in it."""
    people, state = place.people, place.state
    file = state.files.described(b"x", width=9, height=9, duration=1, length=9, **STICKER)
    asked = poll(state, "?", ["a", "b"], anonymous=True, multiple=False)
    photo = [state.files.described(b"x", "photos", width=1, height=1)]
    about = {
        "text": "x",
        "photo": photo,
        "location": AT,
        "venue": {"location": AT, "title": "Cafe", "address": "X"},
        "poll": asked,
        "new_chat_members": [state.user("Ann")],
        "left_chat_member": state.user("Ann"),
        "new_chat_title": "New",
        "new_chat_photo": photo,
        "delete_chat_photo": True,
        "migrate_to_chat_id": -1_000_000_000_055,
        "migrate_from_chat_id": -55,
    }
    if name == "caption":
        return people.say("Bob", GROUP, caption="x", document=file)
    if name == "pinned_message":
        return people.pin("Bob", GROUP, people.say("Bob", GROUP, "x"))
    return people.say("Bob", GROUP, **{name: about.get(name, file)})


PARTS = [(name, row[1][0]) for row in table("In a message") for name in row[0] if name not in LINES]


@pytest.mark.parametrize(("name", "kind"), PARTS)
async def test_a_part_of_a_message_is_what_the_table_says(place, name, kind):
    events = await place.hears(lambda: shown(place, name))
    assert type(events[-1].content).__name__ == kind
    assert place.host.aside == []


async def test_whatever_comes_next_is_what_the_table_says(place):
    (row,) = [row for row in table("In a message") if not row[0]]
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, telepathy={}))
    assert [type(event.content).__name__] == row[1]


def html(text, kind):
    more = {"pre": {"language": "py"}, "text_link": {"url": "https://example.org/"}}
    more["text_mention"] = {"user": User(9, "Ann", is_bot=False)}
    entity = MessageEntity(kind, 0, len(text), **more.get(kind, {}))
    nodes = rich_text(text, [entity], lambda name: "7" if name == "carol" else None)
    return to_html(
        nodes, lambda mention: f"https://matrix.to/#/@telegram_{mention.user}:example.org"
    )


@pytest.mark.parametrize("row", table("Entity"), ids=lambda row: f"{row[0][0]} {row[1][0]}")
def test_an_entity_is_what_the_table_says(row):
    kinds, (text,), (expected,) = row
    assert {html(text, kind) for kind in kinds} == {expected}


def test_every_entity_has_its_row():
    kinds = {one for row in table("Entity") for one in row[0]}
    assert kinds == {kind.value for kind in MessageEntityType}


@pytest.mark.parametrize("row", table("On Matrix | On Telegram"), ids=lambda row: row[0][0])
def test_html_is_what_the_table_says(row):
    for written in row[0]:
        made = formatted(from_html(written), MessageKind.TEXT, None)
        assert made.text.replace("\n", "⏎") == row[1][0]
        assert [str(one.type) for one in made.entities] == row[2]


# From Matrix: each method that the table names is asked for, and no other one is.

SENT = table("From Matrix")


def test_every_kind_of_content_has_its_row():
    assert named(SENT, 1) == {kind.__name__ for kind in get_args(Content)}


def asked_for(place):
    """Every method that changes something on Telegram, as it is asked for from now on."""
    asked = set()

    def watch(method):
        if not method.startswith(("get", "file")):
            asked.add(method)
        return False

    place.fake.faults.next(Rejected("never"), watch)
    return asked


async def message_methods(place, message, file, picture):
    await place.does(message("x"))
    for kind, mime, form in (
        (AttachmentKind.IMAGE, "image/png", "PNG"),
        (AttachmentKind.IMAGE, "image/gif", "GIF"),
        (AttachmentKind.VIDEO, "video/mp4", "PNG"),
        (AttachmentKind.AUDIO, "audio/mpeg", "PNG"),
        (AttachmentKind.VOICE, "audio/ogg", "PNG"),
        (AttachmentKind.STICKER, "image/png", "PNG"),
        (AttachmentKind.FILE, "text/plain", "PNG"),
    ):
        one = file(picture(form=form), kind, mime=mime)
        await place.does(message(attachments=(one,)))
    two = tuple(file(b"x", AttachmentKind.FILE) for _ in range(2))
    await place.does(message(attachments=two))


async def edit_methods(place, message, file, picture):
    (text,) = (await place.does(message("x"))).ids
    one = file(picture(), AttachmentKind.IMAGE, mime="image/png")
    (photo,) = (await place.does(message(attachments=(one,)))).ids
    asked = asked_for(place)
    await place.does(Edit(text, message("y")))
    await place.does(Edit(photo, message("y", attachments=(one,))))
    await place.does(Edit(photo, message("z", attachments=(one,)), replaces_media=True))
    return asked


async def poll_methods(place, message, file, picture):
    del message, file, picture
    (asked,) = (await place.does(Poll("?", ("a", "b")))).ids
    await place.does(Poll("?", ("a", "b"), closed=True, target=asked))


async def chat_methods(place, message, file, picture):
    del message
    avatar = file(picture(), AttachmentKind.IMAGE)
    await place.does(ChatChange(ChatInfo(name="New", topic="about", avatar=avatar)))
    gone = type(avatar)(AttachmentKind.IMAGE, "", "")
    await place.does(ChatChange(ChatInfo(avatar=gone)))
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    await place.does(ChatChange(ChatInfo(name="Coffee")), f"{FORUM}/{topic}")


def one_by_one(*contents):
    """To be done to a message of Bob's."""

    async def methods(place, message, file, picture):
        del message, file, picture
        target = f"{GROUP}:{place.people.say('Bob', GROUP, 'x')}"
        for content in contents:
            await place.does(content(target))

    return methods


METHODS = {
    "Message": message_methods,
    "Edit": edit_methods,
    "Deletion": one_by_one(Deletion),
    "Reaction": one_by_one(
        lambda it: Reaction(it, "👍"), lambda it: Reaction(it, "👍", removed=True)
    ),
    "Pin": one_by_one(Pin, lambda it: Pin(it, removed=True)),
    "Location": one_by_one(lambda _: Location(1.0, 2.0), lambda _: Location(1.0, 2.0, "Cafe")),
    "Poll": poll_methods,
    "Typing": one_by_one(lambda _: Typing(active=True)),
    "ChatChange": chat_methods,
}


@pytest.mark.parametrize("row", [row for row in SENT if row[2]], ids=lambda row: row[1][0])
async def test_what_is_asked_for_is_what_the_table_says(place, row, message, file, picture):
    (kind,) = row[1]
    before = asked_for(place)
    asked = await METHODS[kind](place, message, file, picture) or before
    assert asked == {name.lower() for name in row[2]}


async def test_what_the_table_says_that_nothing_is_asked_for_is_nothing(place):
    rows = [kind for row in SENT if not row[2] for kind in row[1]]
    assert rows == ["Vote", "Receipt", "Membership", "Unsupported", "Delivery", "Moved"]
    assert not isinstance(place.client, SupportsReceipt | SupportsMembership)
    asked = asked_for(place)
    with pytest.raises(Rejected, match="cannot vote"):
        await place.does(Vote(f"{GROUP}:1", (0,)))
    assert asked == set()
