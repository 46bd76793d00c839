"""Who is let in: by which token, as whom, and who is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from bridgekit.configuration.command_settings import APISettings
from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import free_port
from tests.core.provisioning.conftest import operator, token_of

OPENID = "/_matrix/federation/v1/openid/userinfo"
Answer = Callable[[web.Request], Any]


@pytest.fixture
async def other_server() -> AsyncIterator[dict[str, Any]]:
    """A homeserver that answers about OpenID tokens what a test puts into `says`."""
    port = free_port()
    here: dict[str, Any] = {"url": f"http://127.0.0.1:{port}", "asked": 0}

    async def userinfo(request: web.Request) -> web.StreamResponse:
        here["asked"] += 1
        answer = here["says"]
        return await answer(request) if callable(answer) else web.json_response(answer)

    app = web.Application()
    app.router.add_get(OPENID, userinfo)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield here
    await runner.cleanup()


async def openid(ask, server: str, token: str = "t"):
    return await ask("POST", "/session", data={"access_token": token, "matrix_server_name": server})


async def test_a_person_is_known_by_their_matrix_token(rig, ask):
    await rig.start()
    alice = rig.hs.person("alice")
    got = await ask("GET", "/identity", token_of(rig, alice))
    assert got.status == 200
    assert got.said["user"] == alice.user_id
    assert (got.said["via"], got.said["level"]) == ("matrix_token", "user")


async def test_the_homeserver_is_not_asked_at_each_request(rig, ask):
    await rig.start()
    token = token_of(rig, rig.hs.person("alice"))
    before = rig.hs.requests["GET /account/whoami"]
    for _ in range(3):
        await ask("GET", "/identity", token)
    assert rig.hs.requests["GET /account/whoami"] == before + 1


async def test_a_revoked_matrix_token_is_nobodys_after_a_while(
    tmp_path, database, http, monkeypatch
):
    monkeypatch.setattr("bridgekit.provisioning.callers.ASKING", {"rate": 1e-9, "burst": 1.0})
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database) as rig:
        await rig.start()
        token = token_of(rig, rig.hs.person("alice"))
        url = f"{rig.config.appservice.url}/_bridgekit/v1/identity"
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(url, headers=headers) as answer:
            assert answer.status == 200
        await clock.advance(301)
        async with http.get(url, headers=headers) as answer:
            assert answer.status == 200, "however many strangers have asked meanwhile"
        del rig.hs.world.access_tokens[token]
        await clock.advance(301)
        for status in (401, 503):  # once it is nobody's, it is a stranger's
            async with http.get(url, headers=headers) as answer:
                assert answer.status == status


@pytest.mark.parametrize(
    "token", [None, "", "x", "bka_x", "bks_x", "bko_x", "é", "a b", "x" * 5000]
)
async def test_who_shows_nothing_that_is_known_is_nobody(rig, ask, token):
    await rig.start()
    got = await ask("GET", "/identity", token)
    assert (got.status, got.said["code"]) == (401, "unknown_caller")


async def test_the_bridge_itself_is_nobody(rig, ask):
    """Its own tokens are for the homeserver."""
    await rig.start()
    for token in (rig.config.appservice.as_token, rig.config.appservice.hs_token):
        assert (await ask("GET", "/identity", token.get_secret_value())).status == 401


async def test_the_operator_is_known_by_the_secret_of_the_configuration(rig, ask):
    rig.permissions = {"*": Level.BLOCK}
    await rig.start()
    got = await ask("GET", "/identity", operator(rig))
    assert (got.status, got.said["via"], got.said["level"]) == (200, "operator", "admin")
    assert (await ask("GET", "/identity", operator(rig)[:-1] + "x")).status == 401


async def test_openid_begins_a_session(rig, ask):
    await rig.start()
    alice = rig.hs.person("alice")
    path = f"/user/{alice.user_id}/openid/request_token"
    given = await alice.request("POST", path, {})
    begun = await ask("POST", "/session", data=given)
    assert (begun.status, begun.said["user"]) == (200, alice.user_id)
    got = await ask("GET", "/identity", begun.said["token"])
    assert (got.said["user"], got.said["via"]) == (alice.user_id, "openid")


async def test_an_openid_identity_of_a_foreign_server_is_refused(rig, ask, other_server):
    await rig.start()
    other_server["says"] = {"sub": "@alice:evil.org"}
    assert (await openid(ask, "evil.org")).status == 401
    assert other_server["asked"] == 0, "nobody may choose whom the bridge asks"


@pytest.mark.parametrize(
    "sub",
    ["@alice:example.org", "@alice:friends.org:8448", "alice:friends.org", "@:friends.org", 5],
)
async def test_a_believed_server_speaks_only_for_its_own(rig, ask, other_server, sub):
    """GHSA-vc7j-h8xg-fv5x: a server that says that somebody is another server's user."""
    rig.settings["api"] = APISettings(openid={"friends.org": other_server["url"]})
    rig.permissions = {"*": Level.USER}
    await rig.start()
    other_server["says"] = {"sub": sub}
    assert (await openid(ask, "friends.org")).status == 401
    assert other_server["asked"] == 1
    other_server["says"] = {"sub": "@bob:friends.org"}
    begun = await openid(ask, "friends.org")
    assert (begun.status, begun.said["user"]) == (200, "@bob:friends.org")


async def test_an_answer_that_comes_in_pieces_is_read_whole(rig, ask, other_server):
    async def in_pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b'{"sub": "@bob:', b'friends.org"}'):
            await response.write(piece)
            await settle()
        return response

    rig.settings["api"] = APISettings(openid={"friends.org": other_server["url"]})
    await rig.start()
    other_server["says"] = in_pieces
    begun = await openid(ask, "friends.org")
    assert (begun.status, begun.said.get("user")) == (200, "@bob:friends.org")


async def _hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def _breaks(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def _floods(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"[" * 10_000_000)


async def _redirects(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (_breaks, 503),
        (_floods, 401),
        (_redirects, 401),
        ([], 401),
        ({}, 401),
        (lambda _: _status(500), 503),
        (lambda _: _status(401), 401),
    ],
)
async def test_an_openid_server_that_fails_or_lies_lets_nobody_in(
    rig, ask, other_server, says, status
):
    rig.settings["api"] = APISettings(openid={"friends.org": other_server["url"]})
    await rig.start()
    other_server["says"] = says
    got = await openid(ask, "friends.org")
    assert (got.status, "error" in got.said) == (status, True)


async def _status(status: int) -> web.StreamResponse:
    return web.Response(status=status, text="{")


async def test_an_openid_server_that_hangs_is_given_up(rig, ask, other_server, monkeypatch):
    monkeypatch.setattr("bridgekit.matrix.identity.PATIENCE", _at_once())
    rig.settings["api"] = APISettings(openid={"friends.org": other_server["url"]})
    await rig.start()
    other_server["says"] = _hangs
    got = await openid(ask, "friends.org")
    assert (got.status, got.headers["Retry-After"]) == (503, "5")
    assert (await ask("GET", "/identity", operator(rig))).status == 200


def _at_once():
    from aiohttp import ClientTimeout

    return ClientTimeout(total=0.05)
