"""Updates with fields that are missing, or of another type: none stops the others."""

import asyncio
from collections import OrderedDict
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import Unsupported
from bridgekit.codec import dump, load
from bridges.telegram.accounts import Accounts
from bridges.telegram.administrators import Administrators
from bridges.telegram.commands import Commands
from bridges.telegram.fake import FakeTelegram
from bridges.telegram.inbox import KINDS, Inbox
from bridges.telegram.memory import Memory
from bridges.telegram.salvage import UNREADABLE
from bridges.telegram.suspension import Suspensions
from bridges.telegram.wire import Wire
from tests.fuzz.effort import tries

GROUP, FORUM = -1001, -1_000_000_002_002
AT = {"latitude": 1.0, "longitude": 2.0}


def samples() -> list[dict[str, Any]]:
    """One update of nearly every kind."""
    fake = FakeTelegram()
    fake.queue.allowed = frozenset(KINDS)
    for chat, more in ((GROUP, {}), (FORUM, {"is_forum": True})):
        fake.state.add_chat(chat, **more)
    people = fake.people
    marks = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "mention", "offset": 3, "length": 4},
    ]
    first = people.say("Bob", GROUP, "hi @ann", entities=marks)
    people.say("Ann", GROUP, "yes", answers=first, quote={"text": "hi", "position": 0})
    people.send_file("Bob", GROUP, "photo", b"x", width=1, height=2, caption="look")
    people.send_file("Bob", GROUP, "voice", b"x", duration=3)
    people.say("Bob", GROUP, location={**AT, "live_period": 60})
    people.edit("Bob", GROUP, first, text="hey")
    people.react("Ann", GROUP, first, "👍")
    people.stand("Ann", GROUP, by="Bob", status="kicked", until_date=0)
    people.treat_bot("Bob", GROUP, status="left")
    people.treat_bot("Bob", GROUP, status="administrator")
    number = people.ask("Bob", GROUP, "Tea?", "yes", "no")
    people.close_poll(GROUP, number, 1, 2)
    people.pin("Bob", GROUP, first)
    people.say("Bob", FORUM, "in it", topic=people.create_topic("Bob", FORUM, "Tea"))
    people.press("Bob", GROUP, first, "author")
    people.say(
        "Bob", GROUP, forward_origin={"type": "hidden_user", "sender_user_name": "E", "date": 1}
    )
    return [update for _, update in fake.queue.waiting]


SAMPLES = samples()
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "x", -1, 0, 2**70, 1e300, [], {}, [None], {"id": None}, True, "\ud800", "\u202e\x00"]
)


def places(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [so_far] if so_far else []
    match value:
        case dict():
            inner = list(value.items())
        case list():
            inner = list(enumerate(value))
        case _:
            inner = []
    return found + [one for key, held in inner for one in places(held, (*so_far, key))]


@st.composite
def poisoned(draw):
    update = deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(update) or [("update_id",)]))
        where = update
        for key in way:
            where = where[key]
        if draw(st.booleans()) and isinstance(where, dict):
            where.pop(last, None)
        else:
            where[last] = deepcopy(draw(odd))
    return update


@tries(100)
@given(poisoned())
def test_one_odd_update_stops_no_other(host, config_of, update):
    async def scene():
        settings = config_of("http://127.0.0.1:1")
        host.events.clear()
        host.aside.clear()
        bot = Wire(None, settings.api_url, settings.token, 1).bot()
        commands = Commands(bot, host, "login", "bridge_bot", Accounts(host))
        suspensions = Suspensions(host, "login")
        administrators = Administrators(bot, host, "login", 7, OrderedDict())
        kept = (commands, suspensions, administrators)
        inbox = Inbox("login", settings, host, Memory(host), bot, *kept)
        good = {**deepcopy(SAMPLES[0]), "update_id": 1}
        await inbox.take([update, good])
        assert host.events[-1].id == f"{GROUP}:1"
        for event in host.events:  # as the core stores it
            assert load(dump(event).encode().decode()) == event
        assert all(isinstance(body, bytes) for body, _ in host.aside)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("odd", "line"),
    [
        ({"text": "my words", "quote": {"text": None}}, f"{UNREADABLE} my words"),
        ({"caption": "below it", "document": {"file_id": 5}}, f"{UNREADABLE} below it"),
        ({"dice": {"emoji": "x"}}, UNREADABLE),
        ({"text": ["no words"], "quote": {"text": None}}, UNREADABLE),
    ],
)
async def test_a_message_with_an_odd_field_leaves_its_words_in_the_room(place, odd, line):
    event = await place.hears_one(lambda: place.people.say("Bob", GROUP, **odd))
    assert event.content == Unsupported(line)
    assert event.id == f"{GROUP}:{place.state.chats[GROUP].last_message - 1}"
    assert event.sender == str(place.state.user("Bob")["id"])
    assert len(place.host.aside) == 1


async def test_what_only_one_person_may_see_stays_unseen_though_it_is_odd(place):
    secret = {"quote": {"text": None}, "receiver_user": place.state.user("Ann")}
    assert await place.hears(lambda: place.people.say("Bob", GROUP, "secret", **secret)) == []
