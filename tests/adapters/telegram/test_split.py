"""Long texts, long captions and many files in messages that Telegram takes, nothing left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridgekit import (
    Attachment,
    AttachmentKind,
    Bold,
    CodeBlock,
    Link,
    List,
    Message,
    MessageKind,
    Quote,
    Spoiler,
    Table,
    Text,
    from_plain,
    plain,
)
from bridges.telegram.config import TelegramConfig
from bridges.telegram.fake.state import TOKEN
from bridges.telegram.fake.written import checked
from bridges.telegram.layout import Author, formatted
from bridges.telegram.limits import MOST_CAPTION, MOST_TEXT
from bridges.telegram.split import parts
from tests.fuzz.effort import tries

AUTHOR = Author("Alice 👍", "{name}: ")


def show(message):
    return formatted(message.text, message.kind, AUTHOR)


words = st.text(st.sampled_from("ab é👍𝄞\n"), min_size=1, max_size=30)
repeated = st.tuples(words, st.integers(1, 400)).map(lambda one: one[0] * one[1])
inline = st.one_of(
    repeated.map(Text),
    repeated.map(lambda text: Bold((Text(text),))),
    repeated.map(lambda text: Link((Text(text),), "https://x.org")),
    repeated.map(lambda text: Spoiler((Text(text),), "why")),
)
texts = st.lists(inline, min_size=1, max_size=3).map(tuple)
rich = st.one_of(
    texts,
    texts.map(lambda one: (Quote(one),)),
    repeated.map(lambda text: (CodeBlock(text),)),
    st.lists(texts, min_size=1, max_size=3).map(lambda items: (List(tuple(items)),)),
    st.lists(texts, min_size=1, max_size=3).map(lambda row: (Table((tuple(row), tuple(row))),)),
)
PHOTO = Attachment(AttachmentKind.IMAGE, "mxc", "a.png", "image/png")


def letters(text):
    return "".join(letter for letter in text if letter in "abé👍𝄞")


@tries(15)
@given(rich, st.booleans(), st.sampled_from(MessageKind))
def test_no_part_exceeds_a_limit_and_no_letter_is_left_out(text, with_file, kind):
    message = Message(text, kind, (PHOTO,) if with_file else ())
    made = parts(message, show)
    for part in made:
        most = MOST_CAPTION if part.attachments else MOST_TEXT
        sent = show(part)
        assert sent.size <= most
        entities = [one.to_dict() for one in sent.entities]
        checked(sent.text, entities, most, "message")
    assert made[0].attachments == message.attachments
    said = (show(part).text.partition("👍")[2] for part in made)  # behind the name
    assert "".join(map(letters, said)) == letters(plain(text))


def test_a_short_message_is_one_part():
    message = Message(from_plain("hi"), reply_to="1")
    assert parts(message, show) == [message]


def test_only_the_first_part_is_the_answer_and_has_the_file():
    message = Message(from_plain("word " * 2000), attachments=(PHOTO,), reply_to="1")
    first, *others = parts(message, show)
    assert (first.reply_to, first.attachments) == ("1", (PHOTO,))
    assert [(one.reply_to, one.attachments) for one in others] == [(None, ())] * len(others)
    assert len(others) == 3  # as long as texts may be, not as short as captions


def test_what_is_said_with_a_sticker_is_a_message_behind_it():
    sticker = Attachment(AttachmentKind.STICKER, "mxc", "a", "image/png")
    for text, count in (("look", 1), ("word " * 900, 2)):
        first, *others = parts(Message(from_plain(text), attachments=(sticker,)), show)
        assert (first.text, first.attachments) == ((), (sticker,))
        assert len(others) == count
        assert letters("".join(plain(one.text) for one in others)) == letters(text)


@pytest.mark.parametrize(
    ("kinds", "sizes"),
    [
        ("iii", [3]),
        ("ivi", [3]),
        ("if", [1, 1]),
        ("aaf", [2, 1]),
        ("vs", [1, 1]),
        ("i" * 23, [10, 10, 3]),
        ("oo", [1, 1]),
    ],
)
def test_files_go_together_as_telegram_has_albums(kinds, sizes):
    known = {
        "i": AttachmentKind.IMAGE,
        "v": AttachmentKind.VIDEO,
        "f": AttachmentKind.FILE,
        "a": AttachmentKind.AUDIO,
        "s": AttachmentKind.STICKER,
        "o": AttachmentKind.VOICE,
    }
    types = {"i": "image/png", "v": "video/mp4", "a": "audio/mpeg", "s": "image/png"}
    types |= {"o": "audio/ogg", "f": "text/plain"}
    files = tuple(Attachment(known[kind], "mxc", "a", types[kind]) for kind in kinds)
    made = parts(Message(from_plain("x"), attachments=files), show)
    assert [len(one.attachments) for one in made] == sizes
    assert [plain(one.text) for one in made] == ["x"] + [""] * (len(sizes) - 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"token": "no token"}, "BotFather"),
        ({"api_url": "telegram.org"}, "is not an address"),
        ({"transport": "webhook"}, "webhook_secret is missing"),
        ({"proxy": "socks5://host"}, "HTTP proxy"),
        ({"webhook_secret": "ä"}, "letters, digits"),
        ({"relay_name": "Name: "}, "holds {name} once"),
        ({"topics": "spaces"}, "rooms"),
        ({"pace": {"chat": 0}}, "greater than 0"),
        ({"tokn": "x"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_write(settings, words):
    with pytest.raises(ValidationError) as raised:
        TelegramConfig.model_validate({"token": TOKEN, **settings})
    assert words in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_a_server_of_ones_own_has_larger_files():
    own = TelegramConfig.model_validate(
        {"token": TOKEN, "api_url": "http://localhost:8081/", "local_server": True}
    )
    assert (own.api_url, own.largest_upload) == ("http://localhost:8081", 2_000_000_000)
    assert own.largest_download == 2_000_000_000
    assert TOKEN not in repr(own)
