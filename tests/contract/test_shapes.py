"""What does not have the shape that the interface names is said so, with the author's line."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridgekit.adapter import Limits, Sent
from bridgekit.events import Content, Message, Raw, RemoteEvent, Unsupported
from bridgekit.facts import Chat, ChatInfo, Member, UserInfo
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import RichText, from_plain
from bridgekit.richtext.nodes import Bold, Text
from bridgekit.supports import SupportsHistory, SupportsLimits, SupportsMembers
from bridgekit.testing.contract import AdapterContract
from bridgekit.testing.contract.shapes import misfit
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering

CHAT = Chat(ChatID("#room"))
HELLO = Message(from_plain("hello"))


def event(**other):
    return replace(RemoteEvent(CHAT, RemoteUserID("bob"), HELLO), **other)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (Sent((MessageID("17"),)), Sent),
        (Sent(pending=True, note="late"), Sent),
        (event(at=datetime.now(UTC), people=(UserInfo(),)), RemoteEvent[Content]),
        (event(content=Unsupported("a tune")), RemoteEvent[Content] | Raw),
        (Raw(CHAT, "1", b"{}"), RemoteEvent[Content] | Raw),
        (ChatInfo(members=(Member(RemoteUserID("bob")),)), ChatInfo),
        (Limits(emoji=frozenset({"x"}), edit_age=5), Limits),
        ((Bold((Text("loud"),)),), RichText),
        ({"token": "x"}, dict[str, str]),
        (None, ChatID | None),
    ],
    ids=repr,
)
def test_what_fits_fits(value, due):
    assert misfit(value, due) is None


@pytest.mark.parametrize(
    ("value", "due", "said"),
    [
        (None, Sent, "It is to be `Sent`, and is None."),
        ("17", Sent, "It is to be `Sent`, and is '17' (str)."),
        (Sent("17"), Sent, "It: `Sent.ids` is to be `tuple[MessageID, ...]`, and is '17' (str)."),
        (Sent((17,)), Sent, "It: `Sent.ids[0]` is to be `str`, and is 17 (int)."),
        (
            event(content=Message("hello")),
            RemoteEvent[Content] | Raw,
            (
                "It: `RemoteEvent.content.text` is to be a `RichText`, made of a text by "
                "`from_plain`, and is 'hello' (str)."
            ),
        ),
        (
            event(content=Message(("hello",))),
            RemoteEvent[Content],
            (
                "It: `RemoteEvent.content.text` is to be a `RichText`, made of a text by "
                "`from_plain`, and is ('hello',) (tuple)."
            ),
        ),
        (
            event(chat="#room"),
            RemoteEvent[Content] | Raw,
            "It: `RemoteEvent.chat` is to be `Chat`, and is '#room' (str).",
        ),
        (
            event(content="hello"),
            RemoteEvent[Content],
            (
                "It: `RemoteEvent.content` is to be a `Message`, an `Edit`, or another content, "
                "and is 'hello' (str)."
            ),
        ),
        (
            event(key=7),
            RemoteEvent[Content],
            "It: `RemoteEvent.key` is to be `str` or None, and is 7 (int).",
        ),
        (
            event(at=datetime(2030, 1, 1)),  # noqa: DTZ001 (the fault)
            RemoteEvent[Content],
            (
                "It: `RemoteEvent.at` is to be a datetime with its time zone "
                "(`datetime.now(UTC)` has one) or None, and is "
                "datetime.datetime(2030, 1, 1, 0, 0) (datetime)."
            ),
        ),
        (
            ChatInfo(members=(Member(7),)),
            ChatInfo,
            "It: `ChatInfo.members[0].user` is to be `str`, and is 7 (int).",
        ),
        ({"id": "#room"}, ChatInfo, "It is to be `ChatInfo`, and is {'id': '#room'} (dict)."),
        ("events", list[str], "It is to be `list[str]`, and is 'events' (str)."),
        ({"token": 7}, dict[str, str], "It: `dict['token']` is to be `str`, and is 7 (int)."),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_named(value, due, said):
    found = misfit(value, due)
    assert found is not None
    assert found.about("It") == said


class AnswersNothing(Listening):
    async def send(self, event):
        await super().send(event)


class AnswersText(Listening):
    async def send(self, event):
        return Sent("".join((await super().send(event)).ids))


class KnowsChatsAsDicts(Listening):
    async def chat_info(self, chat):
        return {"id": chat}


class KnowsPeopleByName(Listening):
    async def user_info(self, user):
        return user


class NotAsync(Listening):
    def chat_info(self, chat):
        return ChatInfo(chat)


class HasNumbersForNames(Listening):
    account = 7


class WritesPlainText(Altering):
    def alter(self, event):
        is_text = isinstance(event.content, Message)
        return replace(event, content=Message("hello")) if is_text else event


class DatesWithoutZone(Altering):
    def alter(self, event):
        return replace(event, at=datetime(2030, 1, 1))  # noqa: DTZ001 (the fault)


class ListsText(Listening, SupportsMembers):
    async def members(self, _chat):
        yield self.me
        yield "bob"


class ListsAtOnce(Listening, SupportsMembers):
    async def members(self, _chat):
        return [Member(self.me), Member("bob")]


class Unlimited(Listening, SupportsLimits):
    def limits(self, _chat):
        return None


class Bare(LoopbackAdapter):
    async def connect(self, login):
        async with super().connect(login) as client:
            yield client


class Unnamed(LoopbackAdapter):
    manifest = "unnamed"


def contract(what):
    own = issubclass(what, LoopbackAdapter)

    class Contract(AdapterContract):
        adapter = what if own else LoopbackAdapter
        crashes = 0.0

        @asynccontextmanager
        async def network(self):
            client = Listening if own else what
            lacks = frozenset({SupportsHistory})
            yield LoopbackFake(EchoingNetwork(idempotent=True, extra=(client,), lacks=lacks))

    return Contract()


KNOWN = "test_what_is_known_of_the_chat_and_of_people_is_answered"
SAID = "test_what_people_say_is_seen_in_order_each_under_their_own_name"
LISTED = "test_who_is_in_the_chat_is_among_its_members"


@pytest.mark.parametrize(
    ("what", "test", "said"),
    [
        (AnswersNothing, SAID, "What `send` returned is to be `Sent`, and is None (at {send})."),
        (AnswersText, SAID, "What `send` returned: `Sent.ids` is to be `tuple[MessageID, ...]`, "),
        (KnowsChatsAsDicts, KNOWN, "What `chat_info` returned is to be `ChatInfo`, and is {'id'"),
        (KnowsPeopleByName, KNOWN, "What `user_info` returned is to be `UserInfo`, and is 'bob' "),
        (NotAsync, KNOWN, "`chat_info` is to be an `async def`, and returned ChatInfo(id="),
        (HasNumbersForNames, SAID, "The client's `account` is to be `str`, and is 7 (int) (at "),
        (
            WritesPlainText,
            SAID,
            "What `Host.receive` was given as `events`: `RemoteEvent.content.text` is to be a",
        ),
        (
            DatesWithoutZone,
            SAID,
            "What `Host.receive` was given as `events`: `RemoteEvent.at` is to be a datetime with ",
        ),
        (ListsText, LISTED, "What `members` yielded is to be `Member`, and is 'bot' (str) (at "),
        (ListsAtOnce, LISTED, "`members` is to be an `async def` with `yield`, and returned <cor"),
        (Unlimited, SAID, "What `limits` returned is to be `Limits`, and is None (at "),
        (Bare, SAID, " has a connect that nobody can enter; its author must put @asynccontextm"),
        (Unnamed, SAID, " has no manifest; its author must set Adapter.manifest"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_the_contract_says_what_does_not_fit_before_anything_else(what, test, said):
    path = Path(__file__).relative_to(Path.cwd())
    with pytest.raises(Broken) as broken:
        getattr(contract(what), test)()
    sentence = str(broken.value)
    if "{send}" in said:
        line = what.send.__code__.co_firstlineno
        said = said.replace("{send}", f"{path}:{line}, in send")
    assert said in sentence
    if not issubclass(what, LoopbackAdapter):
        assert re.search(rf"\(at {re.escape(str(path.parent))}/\w+\.py:\d+, in \w+\)\.", sentence)
