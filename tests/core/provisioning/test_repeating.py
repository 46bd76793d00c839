"""Requests that come again because an answer was lost, and requests of pages of other origins."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.provisioning.api import PATH
from bridgekit.provisioning.repeating import HEADER
from tests.core.provisioning.conftest import token_of

ONCE = {HEADER: "a-word-of-my-own"}


@pytest.fixture
async def alice(rig):
    await rig.start()
    return token_of(rig, rig.hs.person("alice"))


@pytest.fixture
def send(rig, http):
    async def send(method, path, token, data=None, headers=ONCE):
        given = {"Authorization": f"Bearer {token}", **headers}
        url = f"{rig.config.appservice.url}{PATH}{path}"
        async with http.request(method, url, headers=given, json=data) as answer:
            return answer.status, await answer.json()

    return send


async def names(send, alice):
    _, said = await send("GET", "/tokens", alice)
    return [one["name"] for one in said["tokens"]]


async def test_the_same_request_with_the_same_key_is_done_once_and_answered_alike(send, alice):
    both = await asyncio.gather(*(send("POST", "/tokens", alice, {"name": "bot"}) for _ in "ab"))
    assert both[0] == both[1]
    assert both[0][0] == 200
    assert await names(send, alice) == ["bot"]
    line = {"words": ["revoke-token", "bot"]}
    status, said = await send("POST", "/do", alice, line)
    assert (status, "was used for another request" in said["error"]) == (409, True)
    other = {HEADER: "another"}
    for _ in range(2):
        assert (await send("POST", "/do", alice, line, other))[0] == 200


async def test_a_key_belongs_to_its_person(rig, send, alice):
    bob = token_of(rig, rig.hs.person("bob"))
    assert (await send("POST", "/tokens", alice, {"name": "bot"}))[0] == 200
    assert (await send("POST", "/tokens", bob, {"name": "his"}))[0] == 200


async def test_a_token_for_less_is_not_answered_what_one_for_more_was(send, alice):
    reads = {"name": "reads", "scopes": ["read"]}
    _, reader = await send("POST", "/tokens", alice, reads, {})
    assert (await send("POST", "/tokens", alice, {"name": "bot"}))[0] == 200
    status, said = await send("POST", "/tokens", reader["token"], {"name": "bot"})
    assert (status, "token" in said) == (409, False)


async def test_what_failed_may_be_tried_again(send, alice):
    assert (await send("DELETE", "/tokens/bot", alice))[0] == 404
    await send("POST", "/tokens", alice, {"name": "bot"}, {})
    assert (await send("DELETE", "/tokens/bot", alice))[0] == 200


async def test_after_a_restart_it_is_not_done_again(rig, send, alice):
    made = await send("POST", "/tokens", alice, {"name": "bot"})
    assert made[0] == 200
    await rig.stop()
    await rig.start()
    status, said = await send("POST", "/tokens", alice, {"name": "bot"})
    assert (status, said["code"], "was done already" in said["error"]) == (409, "refused", True)


@pytest.mark.parametrize("key", ["", "x" * 256, "k\u00e4se"])
async def test_a_key_that_is_none_is_refused(send, alice, key):
    status, said = await send("POST", "/tokens", alice, {"name": "bot"}, {HEADER: key})
    assert (status, said["field"]) == (400, HEADER)


async def test_a_page_of_another_origin_may_ask_and_may_not_ask_everything(rig, http):
    await rig.start()
    url = f"{rig.config.appservice.url}{PATH}/tokens"
    asking = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": f"authorization, {HEADER}",
    }
    async with http.options(url, headers=asking) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert HEADER in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    async with http.options(url) as answer:
        assert answer.status == 405
    async with http.get(url, headers={"Origin": "https://app.example.com"}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, "*")
