"""The commands over HTTP: the same checks, words and arguments as in the chat."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bridgekit.ids import UserID
from bridgekit.permissions.rights import Level
from bridgekit.store.api_tokens import forget_tokens
from tests.core.provisioning.conftest import operator, token_of


@pytest.fixture
async def alice(rig):
    await rig.start()
    return token_of(rig, rig.hs.person("alice"))


async def test_what_is_typed_and_what_is_sent_come_to_the_same(rig, ask, alice):
    async with asyncio.timeout(60):
        while not rig.bridge.parts.networks.get("loop").logins.client():
            await ask("GET", "/identity", alice)
    typed = await ask("POST", "/do", alice, {"words": ["networks"]})
    sent = await ask("GET", "/networks", alice)
    assert typed.said == sent.said
    (network,) = sent.said["networks"]
    assert (network["name"], network["connected"]) == ("loop", True)
    assert "SupportsReact" in network["supports"]


async def test_help_speaks_of_no_room_to_a_program(ask, alice):
    said = (await ask("POST", "/do", alice, {"words": []})).said["text"]
    assert said.startswith("I am a bridge to: loop. There is:\n`help [COMMAND]`: ")


async def test_a_token_acts_for_its_owner_within_its_scope(ask, alice):
    made = await ask("POST", "/tokens", alice, {"name": "bot", "scopes": ["read", "revoke-token"]})
    assert made.status == 200
    token = made.said["token"]
    got = await ask("GET", "/identity", token)
    assert (got.said["user"], got.said["via"]) == ("@alice:example.org", "api_token")
    refused = await ask("POST", "/tokens", token, {"name": "more"})
    assert (refused.status, refused.said["code"]) == (403, "not_permitted")
    (listed,) = (await ask("GET", "/tokens", alice)).said["tokens"]
    assert (listed["name"], listed["scopes"]) == ("bot", ["read", "revoke-token"])
    assert token not in str(listed)
    assert (await ask("DELETE", "/tokens/bot", token)).status == 200
    assert (await ask("GET", "/identity", token)).status == 401


async def test_a_token_gives_no_more_than_it_has(ask, alice):
    made = await ask("POST", "/tokens", alice, {"name": "a", "scopes": ["read", "new-token"]})
    narrow = made.said["token"]
    wider = await ask("POST", "/tokens", narrow, {"name": "b", "scopes": ["everything"]})
    assert wider.status == 403
    same = await ask("POST", "/tokens", narrow, {"name": "c", "scopes": ["read"]})
    assert same.status == 200
    unknown = await ask("POST", "/tokens", alice, {"name": "d", "scopes": ["lnik"]})
    assert (unknown.status, "That is no scope" in unknown.said["error"]) == (400, True)
    assert "lnik" not in unknown.said["error"], "it may be a secret"
    assert "did you mean `link`" in unknown.said["error"]


async def test_a_token_outlives_none_that_made_it(ask, alice):
    first = {"name": "a", "scopes": ["everything"], "days": 1}
    parent = (await ask("POST", "/tokens", alice, first)).said["token"]
    made = await ask("POST", "/tokens", parent, {"name": "b", "days": 0, "scopes": ["everything"]})
    assert "until" in made.said["text"]
    child = made.said["token"]
    third = await ask("POST", "/tokens", child, {"name": "c"})
    await ask("POST", "/tokens", alice, {"name": "other"})
    listed = {one["name"]: one for one in (await ask("GET", "/tokens", alice)).said["tokens"]}
    assert listed["a"]["expires"] == listed["b"]["expires"] == listed["c"]["expires"]
    revoked = await ask("DELETE", "/tokens/a", alice)
    assert "b, c" in revoked.said["text"]
    for token in (parent, child, third.said["token"]):
        assert (await ask("GET", "/identity", token)).status == 401
    (left,) = (await ask("GET", "/tokens", alice)).said["tokens"]
    assert left["name"] == "other"


async def test_a_token_that_was_made_while_its_maker_was_revoked_is_none(rig, ask, alice):
    made = await ask("POST", "/tokens", alice, {"name": "a", "scopes": ["everything"]})
    late = await ask("POST", "/tokens", made.said["token"], {"name": "late"})
    await rig.bridge.parts.store.writer.write(forget_tokens(UserID("@alice:example.org"), ["a"]))
    assert (await ask("GET", "/identity", late.said["token"])).status == 401


async def test_a_scope_is_the_command_however_it_is_spelt(ask, alice):
    data = {"name": "a", "scopes": ["Revoke_Token"]}
    made = await ask("POST", "/tokens", alice, data)
    assert (await ask("DELETE", "/tokens/a", made.said["token"])).status == 200


async def test_a_token_ends(rig, ask, alice):
    made = await ask("POST", "/tokens", alice, {"name": "bot", "days": 1})
    bridge = rig.bridge.parts
    from bridgekit.provisioning.tokens import digest
    from bridgekit.store.api_tokens import APITokens

    row = await APITokens(bridge.store.reader).find(digest(made.said["token"]))
    assert row.expires - row.made_at == 24 * 3600 * 1000
    assert made.said["token"] not in str(row)


async def test_what_people_may_is_as_in_the_chat(rig, ask, alice):
    rig.permissions["@bob:example.org"] = Level.BLOCK
    bob = token_of(rig, rig.hs.person("bob"))
    got = await ask("GET", "/networks", bob)
    assert (got.status, got.said["rule"]) == (403, 'permissions["@bob:example.org"]')
    room = await rig.hs.person("carol").create_room(invite=["@bridgebot:example.org"])
    stranger = await ask("POST", "/do", alice, {"words": ["whoami"], "room": room})
    assert stranger.status == 404, "nobody learns of a room from outside"


async def test_only_the_operator_speaks_for_others(rig, ask, alice):
    line = {"words": ["whoami"], "user": "@bob:example.org"}
    assert (await ask("POST", "/do", alice, line)).status == 403
    got = await ask("POST", "/do", operator(rig), line)
    assert (got.status, got.said["user"]) == (200, "@bob:example.org")
    assert (await ask("POST", "/do", operator(rig), {**line, "user": "bob"})).status == 400


async def test_changes_are_in_the_audit_log_of_those_whom_they_concern(rig, ask, alice):
    bob = token_of(rig, rig.hs.person("bob"))
    await ask("POST", "/tokens", alice, {"name": "bot"})
    await ask("DELETE", "/tokens/none", bob)
    mine = (await ask("GET", "/audit", alice)).said["changes"]
    assert [(one["command"], one["outcome"]) for one in mine] == [("new-token", "done")]
    every = (await ask("GET", "/audit?limit=5", operator(rig))).said["changes"]
    assert {(one["user"], one["outcome"]) for one in every} == {
        ("@alice:example.org", "done"),
        ("@bob:example.org", "failed"),
    }


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "code"),
    [
        ("GET", "/audit?limit=x", None, 400, "wrong"),
        ("GET", "/audit?limit=0", None, 400, "wrong"),
        ("GET", "/audit?more=1", None, 400, "wrong"),
        ("POST", "/tokens", [], 400, "wrong"),
        ("POST", "/tokens", {"name": "a b"}, 400, "wrong"),
        ("POST", "/do", {"words": ["lnik"]}, 404, "not_found"),
        ("POST", "/do", {"words": "help"}, 400, "wrong"),
        ("GET", "/nothing", None, 404, "not_found"),
        ("PUT", "/tokens", {}, 405, "wrong_method"),
        ("DELETE", "/tokens/none", None, 404, "not_found"),
        ("POST", "/do", {"words": ["x" * 300_000]}, 413, "too_large"),
    ],
)
async def test_every_refusal_is_a_sentence_with_a_code(
    ask, alice, method, path, data, status, code
):
    got = await ask(method, path, alice, data)
    assert (got.status, got.said["code"]) == (status, code)
    assert got.said["error"].endswith((".", "]", "?", "`"))


async def test_what_is_no_json_is_refused(rig, http, alice):
    url = f"{rig.config.appservice.url}/_bridgekit/v1/do"
    headers = {"Authorization": f"Bearer {alice}"}
    for body in (b"{", b"\xff", b"[" * 100_000, b"null"):
        async with http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 400


async def test_who_asks_too_much_is_told_when_to_come_back(rig, ask, alice, monkeypatch):
    monkeypatch.setattr("bridgekit.provisioning.api.CHANGES", {"rate": 0.001, "burst": 3.0})
    got = [await ask("DELETE", "/tokens/none", alice) for _ in range(4)]
    assert [one.status for one in got] == [404, 404, 404, 429]
    assert got[-1].headers["Retry-After"] == "1000"
    assert (await ask("GET", "/identity", alice)).status == 200, "which changes nothing"
    assert (await ask("DELETE", "/tokens/none", operator(rig))).status == 404, "who is another"


async def test_strangers_cannot_have_the_homeserver_asked_without_end(ask, alice, monkeypatch):
    monkeypatch.setattr("bridgekit.provisioning.callers.ASKING", {"rate": 0.001, "burst": 2.0})
    assert (await ask("GET", "/identity", alice)).status == 200
    got = [await ask("GET", "/identity", f"stranger{number}") for number in range(3)]
    assert [one.status for one in got] == [401, 503, 503]
    assert (await ask("GET", "/identity", alice)).status == 200, "who is known already"


async def test_a_failure_of_ours_shows_nobody_its_text(rig, ask, alice, monkeypatch):
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(rig.bridge.parts.commands.giving, "give", broken)
    with capture_logs() as logs:
        got = await ask("GET", "/networks", alice)
    assert got.status == 500
    assert "hunter2" not in f"{got.said} {logs}"
    assert "an API request failed" in [line["event"] for line in logs]


async def test_without_the_database_programs_are_told_to_come_back(rig, ask, alice, monkeypatch):
    from bridgekit.store.failure import StoreDown

    async def down(*_: object, **__: object) -> None:
        raise StoreDown

    monkeypatch.setattr(rig.bridge.parts.commands.giving._audit, "begin", down)
    got = await ask("DELETE", "/tokens/none", alice)
    assert (got.status, got.said["code"]) == (503, "later")
