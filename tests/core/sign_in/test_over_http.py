"""The same flow over HTTP: steps with names, answers that count once, nobody else's sessions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.adapter_supports import LoginFlow
from bridgekit.ids import UserID
from bridgekit.sign_in.session import MOST_STEPS
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import ALICE, NICK, SECRET, BankAdapter, alone, parts, says

Call = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
async def call(rig) -> AsyncIterator[Call]:
    """Requests to the API, by whoever has the token."""
    await rig.start()
    async with ClientSession(f"{rig.config.appservice.public_url}/_bridgekit/v1/") as http:

        async def call(method: str, path: str, token: str, **body: Any) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            how = {"params": body} if method == "GET" else {"json": body}
            async with http.request(method, path, headers=headers, **how) as response:
                return response.status, await response.json()

        yield call


async def token_of(rig, who: str) -> str:
    """A token for everything, made in the chat."""
    person, room = await alone(rig, who)
    await person.say(room, "new-token app everything")
    made = await person.wait_for(room, says("Keep it now"))
    return str(made["content"]["body"].split()[0])


async def test_somebody_signs_in_step_by_step(rig, bank, call: Call):
    token = await token_of(rig, "alice")
    status, step = await call("POST", "sign-ins", token, network="bank")
    assert (status, step["kind"], step["fields"][0]["name"]) == (200, "asking", "nick")
    sign_in, first = step["sign_in"], step["step"]
    path = f"sign-ins/{sign_in}/steps/{first}"
    status, problem = await call("POST", path, token, answers={"nick": "Carol 7"})
    assert (status, "look for a mistake" in problem["error"]) == (400, True)
    status, step = await call("POST", path, token, answers={"nick": "carol"})
    assert [one["name"] for one in step["fields"]] == ["password", "note"]
    assert [one["secret"] for one in step["fields"]] == [True, False]
    again = await call("POST", path, token, answers={"nick": "carol"})
    assert again == (200, step), "the same answer twice is one"
    status, problem = await call("POST", path, token, answers={"nick": "cleo"})
    assert "answered already, with something else" in problem["error"]
    path = f"sign-ins/{sign_in}/steps/{step['step']}"
    _, step = await call("POST", path, token, answers={"password": SECRET})
    while step["kind"] != "finished":
        _, step = await call("GET", f"sign-ins/{sign_in}", token, after=step["step"], wait=5)
    assert step["text"] == "You are signed in to Loopback as carol."
    assert bank.clients[step["login"]].me == "carol"
    _, listed = await call("GET", "logins", token)
    assert [(one["account"], one["state"]) for one in listed["logins"]] == [("carol", "online")]
    assert SECRET not in str([again, step, listed])


async def test_nobody_sees_or_answers_the_sign_in_of_others(rig, call: Call):
    alice, dan = await token_of(rig, "alice"), await token_of(rig, "dan")
    _, step = await call("POST", "sign-ins", alice, network="bank")
    path = f"sign-ins/{step['sign_in']}"
    for method, where, body in (
        ("GET", path, {}),
        ("POST", f"{path}/steps/{step['step']}", {"answers": {"nick": "dan"}}),
        ("DELETE", path, {}),
    ):
        status, problem = await call(method, where, dan, **body)
        assert (status, "There is no such sign-in" in problem["error"]) == (404, True)


async def test_the_answers_stand_in_no_audit_log(rig, call: Call):
    token = await token_of(rig, "alice")
    _, step = await call("POST", "sign-ins", token, network="bank")
    path = f"sign-ins/{step['sign_in']}/steps/{step['step']}"
    _, step = await call("POST", path, token, answers={"nick": "carol"})
    path = f"sign-ins/{step['sign_in']}/steps/{step['step']}"
    await call("POST", path, token, answers={"password": SECRET})
    _, log = await call("GET", "audit", token)
    assert "answer" in str(log)
    assert SECRET not in str(log)


async def test_an_answer_without_the_name_of_its_field_is_shown_nowhere(rig, call: Call):
    token = await token_of(rig, "alice")
    _, step = await call("POST", "sign-ins", token, network="bank")
    number, first = step["sign_in"], step["step"]
    said = []
    for answer in (SECRET, f"{SECRET}=", f"{SECRET}=x", json.dumps({SECRET: "x"})):
        words = ["answer", number, first, answer]
        status, problem = await call("POST", "do", token, words=words)
        assert status == 400
        said.append(problem)
    path = f"sign-ins/{number}/steps/{first}"
    said.append(await call("POST", path, token, answers={SECRET: ""}))
    said.append(await call("GET", "audit", token))
    assert SECRET not in str(said)


async def test_who_may_not_sign_the_bridge_in_is_told_which_rule_decided(rig, call: Call):
    token = await token_of(rig, "dan")
    status, problem = await call("POST", "sign-ins", token, network="bank", relay=True)
    assert (status, problem["code"]) == (403, "not_permitted")
    assert problem["rule"] == 'permissions["example.org"]'


async def test_an_answer_to_what_is_being_given_up_is_refused(rig, call: Call, monkeypatch):
    held = asyncio.Event()

    async def slow_to_end(_: object, flow: LoginFlow) -> dict[str, str]:
        try:
            return dict(await flow.ask(NICK))
        finally:
            await held.wait()

    monkeypatch.setattr(BankAdapter, "login", slow_to_end)
    token = await token_of(rig, "alice")
    _, step = await call("POST", "sign-ins", token, network="bank")
    session = parts(rig).people.sign_ins.find(ALICE, step["sign_in"])
    session.cancel()
    await settle()
    path = f"sign-ins/{step['sign_in']}/steps/{step['step']}"
    status, problem = await call("POST", path, token, answers={"nick": "carol"})
    held.set()
    assert (status, "Nothing is asked in this step" in problem["error"]) == (400, True)


async def test_a_sign_in_ends_when_it_lasts_too_long(rig, call: Call, monkeypatch):
    monkeypatch.setattr("bridgekit.sign_in.sign_ins.LASTS", 0.0)
    token = await token_of(rig, "alice")
    _, step = await call("POST", "sign-ins", token, network="loop")
    while step["kind"] != "finished":
        path = f"sign-ins/{step['sign_in']}"
        _, step = await call("GET", path, token, after=step["step"], wait=5)
    assert (step["text"], step["login"]) == ("This sign-in took too long; begin a new one.", None)
    assert rig.network.pairing.codes == {}


async def test_an_adapter_that_asks_for_ever_is_stopped(rig, call: Call):
    del call  # the bridge runs
    sign_ins = parts(rig).people.sign_ins
    session = await sign_ins.begin(ALICE, "bank")
    while session.step.id == "0":
        await settle()
    session.step = type(session.step)(str(MOST_STEPS), session.step.fields)
    with pytest.raises(Exception, match="does not come to an end"):
        await session.show("once more")


async def test_who_has_enough_logins_signs_out_first(rig, call: Call, monkeypatch):
    del call  # the bridge runs
    monkeypatch.setattr("bridgekit.sign_in.sign_ins.MOST_LOGINS", 0)
    with pytest.raises(Exception, match="You have 0 logins there"):
        await parts(rig).people.sign_ins.begin(UserID("@alice:example.org"), "bank")


async def test_a_sign_in_that_has_led_to_a_login_is_not_said_to_be_cancelled(rig, bank, call: Call):
    token = await token_of(rig, "alice")
    _, step = await call("POST", "sign-ins", token, network="bank")
    path = f"sign-ins/{step['sign_in']}"
    for answers in ({"nick": "carol"}, {"password": SECRET}):
        _, step = await call("POST", f"{path}/steps/{step['step']}", token, answers=answers)
    while step["kind"] != "finished":
        _, step = await call("GET", path, token, after=step["step"], wait=5)
    status, said = await call("DELETE", path, token)
    assert (status, said["text"]) == (
        *(200, "There is nothing to cancel: You are signed in to Loopback as carol."),
    )
    assert step["login"] in bank.clients
