"""What Slack may answer: a page of the past, people and channels, tokens, or no JSON at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bridgekit import MessageID, RemoteUserID
from bridgekit.codec import dump, load
from bridges.slack.oauth import OAuth
from bridges.slack.web_api import WebAPI
from tests.adapters.slack.conftest import TEAM
from tests.adapters.slack.test_signing_in import NOW, Browser, config
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, NUMBER, TEXT, bent
from tests.fuzz.slack_said import IDS, MESSAGE, TS
from tests.fuzz.slack_workspace import CHAT, ENDS, Workspace, answering, at_work


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with at_work() as workspace:
        yield workspace


_PAGE = bent({"messages": st.lists(MESSAGE, max_size=4), "response_metadata": ANYTHING})


@tries(30)
@given(st.lists(_PAGE, max_size=3), st.sampled_from(["after", "before"]), st.integers(1, 5))
@example([{"messages": [{"ts": "999999999999.9", "text": "x"}]}], "before", 5)
@example([{"messages": [{"ts": "1.2", "subtype": "message_changed"}]}], "after", 1)
@example(
    [{"messages": [{"ts": "1.2", "text": "x", "edited": {"ts": "999999999999.9"}}]}], "after", 5
)
def test_any_history_is_read(
    workspace: Workspace, pages: list[Any], which: str, limit: int
) -> None:
    async def read() -> None:
        with answering(*pages):
            place: Any = {which: MessageID("1.000000")}
            async for event in workspace.client.history(CHAT, **place, limit=limit):
                assert load(dump(event)).content == event.content
        await workspace.well()

    workspace.run(read())


_PERSON = bent({"id": IDS, "name": TEXT, "profile": bent({"image_48": TEXT}), "is_bot": ANYTHING})
_CHANNEL = bent({"id": IDS, "name": TEXT, "topic": bent({"value": TEXT}), "is_im": st.booleans()})
_ANSWER = bent(
    {
        **dict.fromkeys(("user", "bot"), _PERSON),
        "channel": _CHANNEL,
        "channels": st.lists(_CHANNEL, max_size=2),
        "members": st.lists(IDS, max_size=2),
        "emoji": st.dictionaries(st.just("x"), TEXT | st.just("alias:x"), max_size=1),
        "response_metadata": bent({"next_cursor": st.just("")}),
        "ts": TS,
    }
)


@tries(30)
@given(_ANSWER)
def test_any_answer_about_people_and_channels_is_read(workspace: Workspace, answer: Any) -> None:
    async def asked() -> None:
        client = workspace.client
        with answering(*[answer] * 6):
            client.forget_emoji()
            for asking in (
                client.user_info(RemoteUserID(f"{TEAM}-u0bob".lower())),
                client.chat_info(CHAT),
                client.emoji("x"),
            ):
                with suppress(*ENDS):
                    await asking
            with suppress(*ENDS):
                assert all([load(dump(one)) == one async for one in client.chats()])
                [one async for one in client.members(CHAT)]
        await workspace.well()

    workspace.run(asked())


@tries(30)
@given(
    st.integers(200, 599),
    st.binary(max_size=40) | (_ANSWER | ANYTHING).map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.just("Retry-After"), st.sampled_from(["1", "²", "9" * 5000, "x"])),
)
@example(200, b"[" * 100_000, {})
@example(200, b"true", {})
@example(429, b"{}", {"Retry-After": "9" * 400})
def test_any_answer_is_one_or_a_refusal(status: int, body: bytes, headers: Any) -> None:
    """As bytes, which slack-sdk reads."""

    class Answer:
        content_type = "application/json"

        def __init__(self) -> None:
            self.status, self.headers = status, CIMultiDict(headers)

        async def __aenter__(self) -> Self:
            return self

        async def __aexit__(self, *_: object) -> None: ...

        async def text(self) -> str:
            return body.decode("utf-8", "replace")

        async def json(self) -> Any:
            return json.loads(body)

        async def read(self) -> bytes:
            return body

    async def asked() -> None:
        http: Any = SimpleNamespace(request=lambda *_, **__: Answer(), closed=False)
        with suppress(*ENDS):
            assert isinstance(await WebAPI("x", http, "https://slack.com/api/").call("a.b"), dict)

    asyncio.run(asked())


_AUTHED = bent({"access_token": TEXT, "refresh_token": TEXT, "expires_in": NUMBER})
_ACCESS = bent(
    {
        "access_token": TEXT,
        "refresh_token": TEXT,
        "expires_in": NUMBER,
        "authed_user": _AUTHED,
        "team_id": TEXT,
        "user_id": TEXT,
        "bot_id": TEXT,
    }
)


@tries(30)
@given(
    query=st.dictionaries(st.sampled_from(["state", "code", "error"]), TEXT, max_size=2),
    answer=_ACCESS,
    relay=st.booleans(),
)
def test_whoever_comes_back_is_signed_in_or_refused(
    workspace: Workspace, query: Any, answer: Any, *, relay: bool
) -> None:
    async def signed() -> None:
        http: Any = None
        oauth = OAuth(config(workspace.slack), http, lambda: NOW)
        with answering(answer, answer), suppress(*ENDS):
            given = await oauth.sign_in(Browser(query, relay=relay))  # type: ignore[arg-type]
            assert query.get("state", Browser.state) == Browser.state
            assert "code" in query
            assert all(isinstance(one, str) for one in given.values())
            oauth.lasts(given)

    workspace.run(signed())
