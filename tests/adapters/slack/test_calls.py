"""Calls that Slack would not make are refused before they are read, and leave nothing behind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from bridgekit import RetryLater
from bridges.slack.calls import Calls
from bridges.slack.fields import JSON
from bridges.slack.signature import is_signed, sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_531_420_618.0


class Taken:
    """What was taken; `failure` is raised instead."""

    def __init__(self) -> None:
        self.payloads: list[JSON] = []
        self.failure: Exception | None = None

    async def __call__(self, payload: JSON) -> None:
        if self.failure is not None:
            raise self.failure
        self.payloads.append(payload)


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
async def client(taken: Taken) -> AsyncIterator[TestClient[Any, Any]]:
    app = Application()
    app.add_routes(Calls(SECRET, taken, lambda: NOW).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


def headers(body: bytes, stamp: str = str(int(NOW)), secret: str = SECRET) -> dict[str, str]:
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(secret, stamp, body),
        "Content-Type": "application/json",
    }


def test_slacks_own_example_is_signed() -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack has this call."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    given = {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": signature}
    assert is_signed(SECRET, given, body, NOW)
    assert not is_signed(SECRET, given, body + b"x", NOW)


BODY = json.dumps({"type": "event_callback", "event": {}}).encode()


@pytest.mark.parametrize(
    "given",
    [
        {},
        headers(BODY, secret="another"),
        headers(BODY, str(int(NOW) - 301)),
        headers(BODY, str(int(NOW) + 301)),
        headers(BODY) | {"X-Slack-Signature": ""},
        headers(BODY) | {"X-Slack-Signature": "v0=é"},
        headers(BODY) | {"X-Slack-Request-Timestamp": "yesterday"},
        headers(BODY) | {"X-Slack-Request-Timestamp": "-1"},
        headers(BODY) | {"X-Slack-Request-Timestamp": "1" * 400},
        headers(BODY) | {"X-Slack-Request-Timestamp": "\uff11\uff15"},
        headers(b"other"),
    ],
    ids=str,
)
async def test_what_is_not_signed_now_is_401(
    client: TestClient[Any, Any], taken: Taken, given: dict[str, str]
) -> None:
    answer = await client.post("/", data=BODY, headers=given)
    assert answer.status == 401
    assert taken.payloads == []


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"{", b"[" * 100_000, b'"x"', b"null"])
async def test_what_is_signed_and_no_event_is_400(
    client: TestClient[Any, Any], taken: Taken, body: bytes
) -> None:
    answer = await client.post("/", data=body, headers=headers(body))
    assert answer.status == 400
    assert taken.payloads == []


async def test_the_challenge_is_answered(client: TestClient[Any, Any]) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB10o"}).encode()
    answer = await client.post("/", data=body, headers=headers(body))
    assert await answer.json() == {"challenge": "3eZbrw1aB10o"}


async def test_an_event_is_answered_once_it_is_taken(
    client: TestClient[Any, Any], taken: Taken
) -> None:
    assert (await client.post("/", data=BODY, headers=headers(BODY))).status == 200
    assert len(taken.payloads) == 1
    taken.failure = RetryLater("Too much waits")
    assert (await client.post("/", data=BODY, headers=headers(BODY))).status == 503
    taken.failure = OSError("the disk is full")
    assert (await client.post("/", data=BODY, headers=headers(BODY))).status == 500


def test_the_window_is_five_minutes() -> None:
    given = headers(BODY)
    assert is_signed(SECRET, given, BODY, NOW + 300)
    assert not is_signed(SECRET, given, BODY, NOW + 300.5)
