"""No credential is to be found anywhere in clear: by looking everywhere after a full scenario."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from bridgekit.provisioning.api import PATH
from bridgekit.provisioning.tokens import operator_token
from tests.core.sign_in.conftest import ALICE, BOT, SECRET, alone, nth, parts, says, sign_in, told
from tests.core.sign_in.test_leaving import gone, private_chat

CODE, HTTP = "oauth-code-of-dora", "hunter3-over-http"
LETTERS = "correcthorsebattery"  # as a word that somebody may say


@pytest.mark.sqlite
async def test_no_credential_is_to_be_found_anywhere(rig, bank, tmp_path, capfd):
    """The files of the database, what a crash leaves, the log, every answer, event and export."""
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, "@bridgebot:example.org", 100)
    said: list[str] = []
    await sign_in(alice, room, "carol")
    login, _ = await private_chat(rig, bank, alice)
    state = await by_a_page(rig, alice, room)
    puppet = rig.hs.world.add_access_token(ALICE)
    await alice.say(room, f"puppet-token {puppet}")
    await alice.wait_for(room, says("appears here as"))
    await alice.say(room, f"puppet-token {puppet}x")
    await alice.wait_for(room, says("That access token is none"))
    await alice.say(room, "new-token script")
    shown = await alice.wait_for(room, says("Keep it now"))
    token, _, _ = shown["content"]["body"].partition("\n")
    said += await over_http(rig)
    operator = operator_token(rig.config.appservice.signing_key)
    secrets = (SECRET, CODE, HTTP, puppet, token, operator, state)
    assert found(secrets, in_files(tmp_path)) == [], "not even in what is written ahead"

    bank.refuse = "No more."
    await bank.drop()
    await told(rig, "is not let in any more")
    said.append(repr(parts(rig).networks.get("bank").logins.all()))
    said.append(json.dumps(await parts(rig).people.data.export(ALICE)))
    await rig.kill()
    assert found(secrets, in_files(tmp_path)) == [], "not even in what a crash leaves"
    await rig.start()
    await parts(rig).people.signing_out.sign_out(ALICE, login)
    await gone(rig, login)
    await rig.stop()
    said += capfd.readouterr()
    events = [event for one in rig.hs.world.rooms.values() for event in one.events]
    # What she typed was taken back; what was made for her she has been shown, once.
    said += [str(one.content) for one in events if token not in str(one.content)]
    assert found(secrets, "".join(said)) == []
    assert found(secrets, in_files(tmp_path)) == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "typed",
    [
        LETTERS,
        f"pupet-token {LETTERS}",
        f"puppet-token={LETTERS}",
        f"sign-in bank {LETTERS}",
        f"sign-in {LETTERS}",
        f"sign-in bank --again={LETTERS}",
        f"sign-out {LETTERS}",
        f"start {LETTERS} bob",
        f"start loop {LETTERS} bob",
        f"start bank {LETTERS}",
        f"open loop {LETTERS} #room",
        f"link loop {LETTERS} --room !nowhere:example.org",
        f"create bank {LETTERS}",
        f"create bank tea {LETTERS}",
        f"cancel {LETTERS}",
        f"new-token {LETTERS} {LETTERS}",
        f"revoke-token {LETTERS}",
        f"brake bank --login {LETTERS}",
        f"puppettoken {LETTERS}",
        f"puppet token {LETTERS}",
        f"puppet {LETTERS}",
        f"open {LETTERS} #room",
        f"create {LETTERS} tea",
        f"prefer {LETTERS}",
        f"brake {LETTERS}",
        f"release {LETTERS}",
        f"retire {LETTERS}",
        f"logins --{LETTERS}",
        f"help {LETTERS}",
    ],
)
async def test_what_somebody_types_alone_or_in_the_wrong_place_is_in_their_message_only(
    rig, tmp_path, capfd, typed
):
    """Nobody can know that it is a password; so it is kept nowhere, and nobody quotes it."""
    await rig.start()
    alice, room = await alone(rig)
    said = [json.dumps(await parts(rig).people.data.export(ALICE))]
    await alice.say(room, typed)
    await nth(rig, room, "", 2)  # the first is that it has come
    await alice.say(room, "audit")
    await nth(rig, room, "", 3)
    said += [str(one.content) for one in rig.hs.world.rooms[room].events if one.sender == BOT]
    await rig.kill()
    said += capfd.readouterr()
    assert found((LETTERS,), "".join(said)) == []
    assert found((LETTERS,), in_files(tmp_path)) == []


def found(secrets: tuple[str, ...], text: str) -> list[str]:
    return [one for one in secrets if one in text]


def in_files(folder: Path) -> str:
    return "".join(
        file.read_bytes().decode("utf-8", "replace") for file in folder.rglob("*") if file.is_file()
    )


async def by_a_page(rig, alice, room) -> str:
    """Another account, by a page that comes back with a code; returns what the page is known by."""
    await alice.say(room, "sign-in bank")
    await alice.say(room, "web")
    shown = await alice.wait_for(room, says("Open this page"))
    (state,) = parse_qs(urlsplit(shown["content"]["body"].splitlines()[-1]).query)["state"]
    back = f"{rig.config.appservice.public_url}/_bridgekit/sign-in"
    async with ClientSession() as http:
        await http.post(back, params={"state": state, "nick": "dora", "code": CODE})
    await alice.wait_for(room, says("signed in to Loopback as dora"))
    return state


async def over_http(rig) -> list[str]:
    """A sign-in step by step, one with a wrong answer; returns every answer."""
    url, said = f"{rig.config.appservice.url}{PATH}", []
    token = operator_token(rig.config.appservice.signing_key)
    async with ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

        async def ask(method: str, path: str, data: object = None) -> dict:
            async with http.request(method, f"{url}{path}", json=data) as answer:
                said.append(await answer.text())
                return json.loads(said[-1])

        begun = await ask("POST", "/sign-ins", {"network": "bank"})
        path = f"/sign-ins/{begun['sign_in']}"
        second = await ask("POST", f"{path}/steps/{begun['step']}", {"answers": {"nick": "erin"}})
        while second["kind"] != "asking":
            second = await ask("GET", f"{path}?after={second['step']}&wait=5")
        answers = {"password": HTTP, "pin": HTTP}
        await ask("POST", f"{path}/steps/{second['step']}", {"answers": answers})
        answers = {"password": HTTP}
        await ask("POST", f"{path}/steps/{second['step']}", {"answers": answers})
        await ask("GET", f"{path}?after={second['step']}&wait=5")
        await ask("GET", "/audit?limit=100")
    return said
