"""Programs that act for people of a real Synapse: who they are, and what they may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.provisioning.api import PATH
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

pytestmark = pytest.mark.synapse


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    async with asyncio.timeout(240):
        yield


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[SynapseRig]:
    with or_skip(on_synapse(tmp_path, database)) as rig:
        async with rig:
            await rig.start()
            yield rig


@pytest.fixture
async def alice(rig) -> AsyncIterator[Person]:
    async with people(rig.hs) as crowd:
        yield await crowd.person("alice")


@pytest.fixture
async def ask(rig):
    async with ClientSession() as http:

        async def ask(method: str, path: str, token: str = "", data: Any = None):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            url = f"{rig.config.appservice.url}{PATH}{path}"
            async with http.request(method, url, json=data, headers=headers) as answer:
                return answer.status, await answer.json()

        yield ask


async def test_synapse_says_who_they_are_and_the_chat_gives_them_a_token(alice, ask):
    """By their client's token, by OpenID, and by a token that they make in the chat."""
    status, said = await ask("GET", "/identity", alice.access_token)
    assert (status, said["user"], said["via"]) == (200, alice.user_id, "matrix_token")
    path = f"/user/{alice.user_id}/openid/request_token"
    openid = await alice.request("POST", path, {})
    status, session = await ask("POST", "/session", data=openid)
    assert (status, session["user"]) == (200, f"@alice:{DOMAIN}")
    status, said = await ask("GET", "/identity", session["token"])
    assert (status, said["via"]) == (200, "openid")
    room = await alice.create_room(invite=[BOT], direct=True)
    await alice.wait_for(room, lambda event: _joined(event) == BOT)
    await alice.say(room, "new-token script everything")
    made = await alice.wait_for(room, lambda event: "Keep it now" in _body(event))
    token, _, _ = _body(made).partition("\n")
    status, said = await ask("DELETE", "/tokens/script", token)
    assert (status, said["text"]) == (200, "script is no token any more.")
    assert (await ask("GET", "/identity", token))[0] == 401


async def test_whom_synapse_does_not_know_is_nobody(alice, ask):
    wrong = {"access_token": "x", "matrix_server_name": DOMAIN}
    assert (await ask("POST", "/session", data=wrong))[0] == 401
    openid = await alice.request("POST", f"/user/{alice.user_id}/openid/request_token", {})
    foreign = {**openid, "matrix_server_name": "evil.org"}
    assert (await ask("POST", "/session", data=foreign))[0] == 401
    assert (await ask("GET", "/identity", "syt_nobody"))[0] == 401
    await alice.request("POST", "/logout", {})
    assert (await ask("GET", "/identity", alice.access_token))[0] == 401


def _joined(event: dict[str, Any]) -> str | None:
    return event.get("state_key") if event["content"].get("membership") == "join" else None


def _body(event: dict[str, Any]) -> str:
    return str(event["content"].get("body", ""))
