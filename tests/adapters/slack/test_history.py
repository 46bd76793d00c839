"""The past of a channel, threads and all, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import ChatID, Login, LoginID, Message, MessageID
from bridgekit.richtext import plain
from bridges.slack import SlackAdapter, history, web_api
from bridges.slack.client import SlackClient
from bridges.slack.fake import FakeSlack
from bridges.slack.fake.person import Person
from bridges.slack.fields import JSON
from bridges.slack.history import Past, place
from bridges.slack.ids import when
from bridges.slack.web_api import WebAPI
from tests.adapters.slack.conftest import ROOM, TEAM
from tests.adapters.slack.test_signing_in import Kept, config


@pytest.fixture
async def past(slack: FakeSlack) -> AsyncIterator[Past]:
    async with ClientSession() as http:
        yield Past(WebAPI("xoxb-test", http, slack.api_url), ROOM)


@pytest.fixture
def bob(slack: FakeSlack) -> Person:
    return Person(slack, TEAM, "bob")


@asynccontextmanager
async def connected(slack: FakeSlack) -> AsyncIterator[SlackClient]:
    login = Login(LoginID("slack:bot"), None, {"token": "xoxb-test"}, relay=True)
    async with SlackAdapter(config(slack), Kept()).connect(login) as client:
        yield client


def texts(found: list[JSON]) -> list[str]:
    return [one["text"] for one in found]


async def test_a_gap_is_read_oldest_first_and_within_the_limit(past: Past, bob: Person) -> None:
    said = [bob.says(ROOM, f"{number}") for number in range(10)]
    found = await past.following(MessageID(said[3]), 100)
    assert texts(found) == ["4", "5", "6", "7", "8", "9"]
    assert texts(await past.following(MessageID(said[3]), 2)) == ["4", "5"]
    assert texts(await past.following(MessageID(said[5]), 2)) == ["6", "7"]


async def test_what_was_said_since_a_moment_is_read_from_that_moment_on(
    slack: FakeSlack, bob: Person
) -> None:
    """In threads that began before it, too."""
    said = [bob.says(ROOM, f"{number}") for number in range(4)]
    bob.says(ROOM, "an answer", thread_ts=said[0])
    async with connected(slack) as client:
        chat = ChatID(f"{TEAM}/{ROOM}")
        since = [one async for one in client.history(chat, since=when(said[2]), limit=100)]
        said_since = [one.content for one in since if isinstance(one.content, Message)]
        assert [plain(one.text) for one in said_since] == ["2", "3", "an answer"]
        first = [one async for one in client.history(chat, since=when(said[2]), limit=1)]
        assert first == since[:1]


async def test_the_last_messages_are_the_last(past: Past, bob: Person) -> None:
    said = [bob.says(ROOM, f"{number}") for number in range(10)]
    assert texts(await past.last(None, 3)) == ["7", "8", "9"]
    assert texts(await past.last(MessageID(said[5]), 3)) == ["2", "3", "4"]
    assert texts(await past.last(None, 0)) == []


async def test_what_was_said_in_threads_during_a_gap_is_found(past: Past, bob: Person) -> None:
    """In a thread that began in it, and in one that began before."""
    old = bob.says(ROOM, "an old story")
    before = bob.says(ROOM, "in the old thread", thread_ts=old)
    last = bob.says(ROOM, "the last that was bridged")
    bob.says(ROOM, "still the old thread", thread_ts=old)
    new = bob.says(ROOM, "a new story")
    bob.says(ROOM, "in the new thread", thread_ts=new)
    bob.says(ROOM, "to all", thread_ts=new, subtype="thread_broadcast")
    found = await past.following(MessageID(last), 100)
    assert texts(found) == ["still the old thread", "a new story", "in the new thread", "to all"]
    assert before not in [one["ts"] for one in found]


async def test_pages_are_read_to_the_end(
    past: Past, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_api, "_PAGE", 3)
    said = [bob.says(ROOM, f"{number}") for number in range(11)]
    for number in range(4):
        bob.says(ROOM, f"answer {number}", thread_ts=said[10])
    found = texts(await past.following(MessageID(said[0]), 100))
    assert found == [str(number) for number in range(1, 11)] + [f"answer {n}" for n in range(4)]


async def test_a_page_is_full_of_what_was_said_whoever_came_and_went(
    slack: FakeSlack, bob: Person
) -> None:
    """Else the core takes a page with less than it asked for to be the last one."""
    said = [bob.says(ROOM, "0")]
    for number in range(1, 10):
        said.append(bob.says(ROOM, f"{number}"))
        for _ in range(3):
            bob.says(ROOM, "somebody has joined", subtype="channel_join")
    chat = ChatID(f"{TEAM}/{ROOM}")
    async with connected(slack) as client:
        later = [one async for one in client.history(chat, after=MessageID(said[0]), limit=5)]
        before = [one async for one in client.history(chat, before=MessageID(said[9]), limit=5)]
    assert [one.id for one in later] == said[1:6]
    assert [one.id for one in before] == said[4:9]


async def test_of_a_long_gap_no_more_is_held_than_was_asked_for(
    past: Past, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_BEFORE", 2)
    monkeypatch.setattr(web_api, "_PAGE", 3)
    said = [bob.says(ROOM, f"{number}") for number in range(50)]
    assert texts(await past.following(MessageID(said[3]), 4)) == ["4", "5", "6", "7"]


@given(st.integers(0, 10**10), st.integers(0, 999_999), st.integers(0, 999_999))
def test_messages_of_one_second_keep_their_order(second: int, first: int, other: int) -> None:
    names = [f"{second}.{micros:06d}" for micros in (first, other)]
    assert (place(names[0]) < place(names[1])) == (first < other)
