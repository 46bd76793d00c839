"""Signing in by talking to the bot: questions, answers, secrets, codes, pages, and giving up."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bridgekit.permissions.rights import Level
from bridgekit.sign_in.sign_ins import LASTS
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig
from tests.core.sign_in.conftest import (
    ALICE,
    BOT,
    SECRET,
    alone,
    parts,
    says,
    sign_in,
    times_told,
    told,
)


async def redacted(person, room: str, words: str) -> bool:
    """Whether nobody can read this any more."""
    return all(words not in str(event) for event in await person.events(room))


async def test_who_signs_in_is_heard_under_their_own_name(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    assert bank.clients[login].me == "carol"
    assert bank.clients[login].login.credentials == {"nick": "carol", "password": SECRET}
    assert not bank.clients[login].login.exclusive, "they may use it elsewhere, too"
    assert times_told(rig, "signed in to Loopback as carol") == 1


async def test_a_secret_is_taken_back_from_the_room(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    await sign_in(alice, room, "carol")
    assert await redacted(alice, room, SECRET)
    assert not await redacted(alice, room, "carol"), "what is no secret stays"


async def test_where_the_bot_may_not_take_it_back_the_person_is_asked_to(rig):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    await alice.wait_for(room, says("Delete your message, as it holds a secret"))


async def test_an_answer_that_cannot_be_is_asked_for_again(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "Carol 7")
    again = await alice.wait_for(room, says("nick: this does not look as it should"))
    assert again["content"]["body"].count("Your nick") == 1, "what is wanted is said once"
    await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    assert list(bank.clients) == ["bank:bot"]


async def test_what_the_network_refuses_is_said_and_nothing_is_kept(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    await alice.say(room, "wrong")
    await alice.wait_for(room, says("A note"))
    await alice.say(room, "none")
    ended = await alice.wait_for(room, says("The bank does not know this password."))
    assert "This sign-in has ended; sign-in bank begins a new one." in ended["content"]["body"]
    assert await parts(rig).people.data.export(ALICE) | {"room_with_the_bot": None} == {
        "user": ALICE,
        "logins": [],
        "own_matrix_account": None,
        "room_with_the_bot": None,
        "api_tokens": [],
        "named_by_a_relay_in": [],
        "speaks_in": [],
        "still_to_be_told": [],
        "said_and_done": [],
    }


async def test_what_the_adapter_breaks_over_shows_no_secret(rig, capfd):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "broken")
    await alice.wait_for(room, says("Your password"))
    await alice.say(room, SECRET)
    await alice.wait_for(room, says("A note"))
    await alice.say(room, "-")
    await alice.wait_for(room, says("This sign-in failed, which is not your fault"))
    await rig.stop()
    assert SECRET not in "".join(capfd.readouterr())


async def test_a_code_is_drawn_and_taken_away_once_it_was_scanned(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in loop")
    drawn = await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")
    assert drawn["content"]["info"]["mimetype"] == "image/png"
    (code,) = rig.network.pairing.codes
    rig.network.pairing.scan(code, "carol")
    await alice.wait_for(room, says("signed in to Loopback as carol"))
    await alice.wait_for(room, lambda one: one.get("redacts") == drawn["event_id"])


async def test_who_talks_while_a_code_is_shown_is_told_that_nothing_is_asked(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in loop")
    await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")
    await alice.say(room, "wait?")
    told = await alice.wait_for(room, says("Nothing is asked just now"))
    assert "If it holds a secret, delete your message" in told["content"]["body"]


async def test_a_page_comes_back_once_and_to_whom_it_is_for(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "web")
    shown = await alice.wait_for(room, says("Open this page"))
    url = shown["content"]["body"].splitlines()[-1]
    (state,) = parse_qs(urlsplit(url).query)["state"]
    back = f"{rig.config.appservice.public_url}/_bridgekit/sign-in"
    async with ClientSession() as http:
        guessed = {"state": "guessed", "nick": "x", "code": "x"}
        for wrong in (await http.get(back, params=guessed), await http.post(back, params=guessed)):
            assert wrong.status == 410
        query = {"state": state, "nick": "carol", "code": SECRET}
        async with http.get(back, params=query) as page:
            asked = await page.text()
            assert (page.status, SECRET in asked) == (200, False)
            assert f"for <b>{ALICE}</b>" in asked
            assert page.headers["X-Frame-Options"] == "DENY"
        assert list(bank.clients) == ["bank:bot"], "who was only sent here has not said yes"
        async with http.post(back, params=query) as answer:
            assert (answer.status, SECRET in await answer.text()) == (200, False)
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        again = await http.post(back, params=query)
        assert again.status == 410
    await alice.wait_for(room, says("signed in to Loopback as carol"))
    assert [client.me for client in bank.clients.values()] == ["bot", "carol"]


async def test_giving_up_leaves_nothing(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "cancel")
    await alice.wait_for(room, says("There is nothing to cancel."))
    await alice.say(room, "sign-in loop")
    await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")
    await alice.say(room, "cancel")
    await alice.wait_for(room, says("It is cancelled."))
    await next(iter(parts(rig).people.sign_ins._sessions.values())).ended.wait()
    assert rig.network.pairing.codes == {}
    await sign_in(alice, room, "carol")  # all of the first has been said
    assert times_told(rig, "given up") == 0


async def test_an_answer_may_be_a_reply_or_an_edit_and_is_taken_back_all_the_same(rig, bank):
    """Some clients quote what somebody replies to; some edit what was said last."""
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    await alice.say(room, "sign-in bank")
    asked = await alice.wait_for(room, says("Your nick"))
    wrong = await alice.reply(room, asked["event_id"], f"> <{BOT}> Your nick\n> more\n\nCarol 7")
    await alice.wait_for(room, says("does not look as it should"))
    await alice.edit(room, wrong, "carol")
    asked = await alice.wait_for(room, says("Your password"))
    await alice.reply(room, asked["event_id"], f"> <{BOT}> Your password\n\n{SECRET}")
    await alice.wait_for(room, says("A note"))
    await alice.say(room, "-")
    await alice.wait_for(room, says("signed in to Loopback as carol"))
    (login,) = parts(rig).owners.of("bank", ALICE)
    assert bank.clients[login].login.credentials == {"nick": "carol", "password": SECRET}
    assert await redacted(alice, room, SECRET)


async def test_of_somebody_who_leaves_half_way_nothing_stays(tmp_path, database):
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database, homeserver_clock=clock) as rig:
        await rig.start()
        alice, room = await alone(rig)
        await alice.say(room, "sign-in loop")
        await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")
        assert rig.network.pairing.codes != {}
        await alice.leave(room)
        await clock.advance(LASTS + 1)
        await rig.hs.wait_for(
            lambda: not rig.network.pairing.codes or None, "the code is worthless"
        )
        await rig.stop()
        await rig.start()
        assert await parts(rig).store.reader.all(text("SELECT * FROM sign_in")) == []
        assert parts(rig).owners.of("loop", ALICE) == ()


async def test_the_same_answer_delivered_twice_is_one(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    event = await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    talks = parts(rig).commands.talks
    assert await talks.said(ALICE, room, event, "carol")
    await alice.say(room, SECRET)
    await alice.wait_for(room, says("A note"))
    assert not await redacted(alice, room, "carol"), "it was not taken for the password"


async def test_a_new_sign_in_takes_the_place_of_the_one_before(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("nick: this does not look as it should"))
    await alice.say(room, "cancel")
    await alice.say(room, "sign-in loop")
    await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")


@pytest.mark.parametrize("how", ["refused", "too late"])
async def test_a_secret_after_the_end_is_taken_back_and_said_nowhere(rig, monkeypatch, how):
    """Who was refused writes another password; who comes back late, the one that was wanted."""
    clock = VirtualClock()
    await rig.start()
    monkeypatch.setattr(parts(rig).people.sign_ins, "_clock", clock)
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    if how == "refused":
        await alice.say(room, "carol")
        await alice.wait_for(room, says("Your password"))
        await alice.say(room, "wrong")
        await alice.wait_for(room, says("A note"))
        await alice.say(room, "-")
        await alice.wait_for(room, says("The bank does not know this password."))
    else:
        await clock.advance(LASTS)
        await alice.wait_for(room, says("took too long"))
    await alice.say(room, SECRET)
    await alice.wait_for(room, says("Your sign-in is over"))
    assert await redacted(alice, room, SECRET)
    await alice.say(room, "logins")
    await alice.wait_for(room, says("You have no logins"))


async def test_nobody_signs_in_who_may_not(rig):
    rig.permissions = {"*": Level.USER}
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank --relay")
    await alice.wait_for(room, says("You may not operate this bridge"))
    await alice.say(room, "sign-in nowhere")
    await alice.wait_for(room, says("There is no such network; there are: bank, loop."))


async def test_a_restart_breaks_it_off_and_says_so_once(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    await rig.kill()
    await alice.say(room, SECRET)
    await rig.start()
    await told(rig, "broken off, as the bridge was restarted")
    await alice.wait_for(room, says("Your sign-in is over"))
    assert await redacted(alice, room, SECRET)
    await rig.kill()
    await rig.start()
    await sign_in(alice, room, "carol")
    assert times_told(rig, "broken off, as the bridge was restarted") == 1
