"""How answers are shown: once, in one place, with code and pictures."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from pydantic import SecretStr

from bridgekit.commands import working
from bridgekit.commands.addressed import addressed, after
from bridgekit.commands.audit import Audit
from bridgekit.commands.command import (
    Answer,
    Arguments,
    Asked,
    Command,
    Preview,
    Rest,
    Route,
    Where,
)
from bridgekit.errors import RetryLater
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig
from tests.core.commands.conftest import BOT, alone, by_bot

SEEN: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
"""What of its progress the test has seen: it goes on only then."""


class Work(Arguments):
    confirm: str | None = None


class Tell(Arguments):
    secret: SecretStr
    rest: Rest = ""


async def work(asked: Asked[Work]) -> Answer:
    """Shows what it would do; then does it, step by step."""
    if asked.arguments.confirm != "all of it":
        return Preview(text="It would end everything.", confirm="all of it")
    for step in ("half of it …", "nearly all of it …"):
        await asked.progress(step)
        await SEEN[step].wait()
    return Answer(text="It has `ended`.\n<b>Nothing</b> is left.")


async def tell_(asked: Asked[Tell]) -> Answer:
    return Answer(text=f"{len(asked.arguments.secret.get_secret_value())} letters")


async def broken(_: Asked[Work]) -> Answer:
    raise RuntimeError("hunter2")


async def busy(_: Asked[Work]) -> Answer:
    raise RetryLater("It is busy; try again later")


async def drawn(_: Asked[Work]) -> Answer:
    return Answer(text="Scan this.", qr="https://example.org/")


@pytest.fixture
async def begun(rig):
    """A bridge with commands of these tests."""
    await rig.start()
    table = rig.bridge.parts.commands.giving.table
    for name, run in {"work": work, "broken": broken, "busy": busy, "drawn": drawn}.items():
        table._commands[name] = Command(name, "", Work, run, Route("POST", f"/{name}"))
    table._commands["tell"] = Command(
        "tell", "", Tell, tell_, Route("POST", "/t"), where=Where.ALONE
    )
    return rig


async def test_what_is_shown_is_done_when_it_is_confirmed_and_says_how_far_it_is(
    begun, tell, monkeypatch
):
    SEEN.clear()
    alice, room = await alone(begun)
    assert await tell(alice, room, "work") == "It would end everything.\nWrite confirm to do it."
    monkeypatch.setattr(working, "QUICK", 0.0)
    await alice.say(room, "confirm")
    for step in ("half of it …", "nearly all of it …"):
        await alice.wait_for(
            room, lambda event, step=step: step in event["content"].get("body", "")
        )
        SEEN[step].set()
    await alice.wait_for(room, lambda event: "ended" in event["content"].get("body", ""))
    said = (await by_bot(alice, room))[1:]  # without the preview
    first, *edits, end = [event for event in said if event["content"]]
    relations = [event["content"]["m.relates_to"] for event in (*edits, end)]
    assert all(one == {"rel_type": "m.replace", "event_id": first["event_id"]} for one in relations)
    assert len(relations) >= 2
    assert end["content"]["m.new_content"]["body"] == "It has ended.\n<b>Nothing</b> is left."
    assert end["content"]["formatted_body"] == (
        "It has <code>ended</code>.<br>\n&lt;b&gt;Nothing&lt;/b&gt; is left."
    )
    again = await tell(alice, room, "confirm")
    assert again.startswith("There is nothing to confirm")


async def test_who_repeats_the_command_confirms_it_too(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        await rig.start()
        confirming = rig.bridge.parts.commands.chat._confirming
        shown, said = ["work", "hard"], ["work", "hard", "confirm"]
        confirming.show("!room", "@alice", shown, "all")
        assert confirming.meant("!room", "@alice", ["work", "Confirm"]) == ["work", "Confirm"]
        assert confirming.meant("!room", "@alice", said) == ("work", "hard", "--confirm=all")
        assert confirming.meant("!room", "@alice", said) == said, "once"


async def test_a_confirmation_comes_too_late_after_five_minutes(tmp_path, database):
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database) as rig:
        await rig.start()
        confirming = rig.bridge.parts.commands.chat._confirming
        confirming.show("!room", "@alice", ["work"], "all")
        await clock.advance(299)
        assert confirming.meant("!room", "@alice", ["confirm"])[-1] == "--confirm=all"
        confirming.show("!room", "@alice", ["work"], "all")
        await clock.advance(301)
        with pytest.raises(Exception, match="nothing to confirm"):
            confirming.meant("!room", "@alice", ["confirm"])


async def test_a_typed_secret_is_redacted_and_nowhere_kept(begun, tell):
    alice, room = await alone(begun)
    await alice.set_power(room, BOT, 100)
    assert await tell(alice, room, "tell hunter2") == "7 letters"
    typed = [event for event in await alice.messages(room) if event["sender"] == alice.user_id]
    assert [event["content"] for event in typed] == [{}]
    rows = await begun.bridge.parts.commands.giving._audit.latest(5)
    assert "hunter2" not in str(rows)


@pytest.mark.parametrize(
    "typed", ["tel: hunter2", "tel=hunter2", "TELL:hunter2", '"tell" "hunter2', "tell=hunter2 x"]
)
async def test_a_secret_behind_a_misspelt_command_is_redacted_too(begun, tell, typed):
    alice, room = await alone(begun)
    await alice.set_power(room, BOT, 100)
    said = await tell(alice, room, typed)
    assert "did you mean tell?" in said or "A quote is not closed" in said
    assert "hunter2" not in said
    typed = [event for event in await alice.messages(room) if event["sender"] == alice.user_id]
    assert [event["content"] for event in typed] == [{}]


async def test_where_the_bot_may_not_redact_people_are_asked_to(begun, tell):
    alice, room = await alone(begun)
    said = await tell(alice, room, "tell hunter2")
    assert said == "7 letters Delete your message, as it holds a secret: I may not do that here."


async def test_a_failure_of_ours_is_said_without_its_text(begun, tell):
    alice, room = await alone(begun)
    said = await tell(alice, room, "broken")
    assert said == "The bridge failed while it did this; its log says why."
    assert await tell(alice, room, "busy") == "It is busy; try again later"


async def test_a_code_is_shown_as_a_picture(begun, tell):
    alice, room = await alone(begun)
    assert await tell(alice, room, "drawn") == "Scan this."
    (event,) = await by_bot(alice, room)
    assert event["content"]["msgtype"] == "m.image"
    assert (await alice.download(event["content"]["url"])).startswith(b"\x89PNG")


async def test_an_answer_whose_sending_fails_is_said_later_and_nothing_is_done_again(begun, tell):
    alice, room = await alone(begun)
    begun.hs.fail("PUT", r"/send/m\.room\.message/", status=429, retry_after_ms=1)
    begun.hs.lose_answer("PUT", r"/send/m\.room\.message/")
    said = await tell(alice, room, "new-token one")
    assert "Keep it now" in said
    assert (await tell(alice, room, "tokens")).count("valid until") == 1
    assert len(await by_bot(alice, room)) == 2


async def test_a_command_in_which_the_bridge_died_is_not_done_again(rig, tell, monkeypatch):
    died = asyncio.Event()

    async def end(*_: object) -> None:
        died.set()
        await asyncio.get_running_loop().create_future()

    await rig.start()
    alice, room = await alone(rig)
    with monkeypatch.context() as patch:
        patch.setattr(Audit, "end", end)
        await alice.say(room, "new-token one")
        await died.wait()
        await rig.kill()
    await rig.start()
    found = await alice.wait_for(room, lambda event: event["sender"] == BOT and _said(event))
    assert _said(found).startswith("The bridge stopped while it did this, so it may be done or not")
    assert (await tell(alice, room, "tokens")).count("valid until") == 1


def _said(event: dict[str, Any]) -> str:
    return str(event["content"].get("body", ""))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("!bridge help", "help"),
        ("!BRIDGE  help me", "help me"),
        ("  !bridge\nhelp", "help"),
        ("!bridge", ""),
        ("!bridgehead", None),
        ("say !bridge", None),
        ("", None),
    ],
)
def test_the_prefix_is_a_word_of_its_own(text: str, rest: str | None) -> None:
    assert after("!bridge", text) == rest
    content = {"msgtype": "m.text", "body": text}
    quoting = {**content, "body": f"> <@b:x> hi\n\n{text}", "m.relates_to": {"m.in_reply_to": {}}}
    edit = {"msgtype": "m.text", "body": f"* {text}", "m.new_content": content}
    for one in (content, quoting, edit):
        event = {"type": "m.room.message", "content": one}
        assert addressed(event, "!bridge") is (rest is not None)
