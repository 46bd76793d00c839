"""Each way in which Slack says no, and what should happen next."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit import ChatID, LoginError, MessageID, Pin, Reaction, Rejected, RetryLater, Scope
from bridges.slack.acts import Acts
from bridges.slack.fake import FakeSlack, Fault, Kind
from bridges.slack.fake.person import Person
from bridges.slack.refusals import InDoubt, Refusal, refused
from bridges.slack.web_api import WebAPI
from tests.adapters.slack.conftest import ROOM, TEAM

CHAT = ChatID(f"{TEAM}/{ROOM}")


def meaning(
    code: Any, status: int = 200, method: str = "chat.postMessage", **more: Any
) -> Exception:
    return refused(method, status, more.pop("headers", {}), {"ok": False, "error": code} | more)


@pytest.mark.parametrize(
    "code", ["token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired"]
)
def test_a_login_that_slack_refuses_stops(code: str) -> None:
    error = meaning(code)
    assert isinstance(error, LoginError)
    assert code not in str(error)


@pytest.mark.parametrize(
    "code",
    [
        *("is_archived", "channel_not_found", "restricted_action", "msg_too_long", "no_text"),
        *("cant_update_message", "edit_window_closed", "cant_delete_message", "invalid_blocks"),
        *("too_many_reactions", "too_many_emoji", "something_that_is_new"),
    ],
)
def test_what_never_will_be_is_said(code: str) -> None:
    error = meaning(code)
    assert isinstance(error, Refusal)
    assert isinstance(error, Rejected)
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("internal_error", 200),
        ("fatal_error", 200),
        ("service_unavailable", 503),
        ("request_timeout", 200),
        ("anything", 500),
        (None, 502),
    ],
)
def test_what_slack_failed_over_is_in_doubt(code: Any, status: int) -> None:
    assert isinstance(meaning(code, status), InDoubt)


@pytest.mark.parametrize(
    ("header", "after"),
    [("17", 17.0), ("0", 1.0), ("999999", 3600.0), ("soon", 30.0), ("-5", 30.0)],
)
def test_a_pause_is_as_long_as_slack_says(header: str, after: float) -> None:
    error = meaning("ratelimited", 429, headers={"Retry-After": header})
    assert isinstance(error, RetryLater)
    assert (error.after, error.scope) == (after, Scope.CHAT)
    error = meaning("ratelimited", 200, "reactions.add")
    assert isinstance(error, RetryLater)
    assert error.scope is Scope.METHOD


def test_a_missing_scope_is_named() -> None:
    assert "pins:write" in str(meaning("missing_scope", needed="pins:write"))
    hostile = meaning("missing_scope", needed="<script>\x1b[31m")
    assert "script" not in str(hostile)


@pytest.mark.parametrize("code", ["<b>", "a" * 200, "two words", 17, ["x"], "\x1b[31m"])
def test_what_slack_would_not_say_is_not_repeated(code: Any) -> None:
    assert str(code) not in str(meaning(code))


async def test_what_is_so_already_is_no_error(slack: FakeSlack) -> None:
    target = MessageID(Person(slack, TEAM, "bob").says(ROOM, "hello"))
    async with ClientSession() as http:
        acts = Acts(WebAPI("xoxb-test", http, slack.api_url))
        for _ in range(2):
            await acts.react(CHAT, Reaction(target, "👍"))
            await acts.pin(CHAT, Pin(target))
        for _ in range(2):
            await acts.react(CHAT, Reaction(target, "👍", removed=True))
            await acts.pin(CHAT, Pin(target, removed=True))
        await acts.delete(CHAT, MessageID("1.000001"))
        await acts.leave("C0NONE")


async def test_slack_that_cannot_be_reached_has_surely_taken_nothing() -> None:
    async with ClientSession() as http:
        with pytest.raises(RetryLater):
            await WebAPI("xoxb-test", http, "http://127.0.0.1:9/api/").call("auth.test")


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.CUT, Kind.BROKEN, Kind.REFUSED])
async def test_no_fault_passes_for_a_refusal(slack: FakeSlack, kind: Kind) -> None:
    slack.faults.next(Fault(kind), {"chat.postMessage"})
    async with ClientSession() as http:
        api = WebAPI("xoxb-test", http, slack.api_url)
        with pytest.raises(Exception) as caught:  # noqa: PT011 (a library's, or ours)
            await api.call("chat.postMessage", channel=ROOM, text="x")
    assert not isinstance(caught.value, Rejected | RetryLater | LoginError)
