"""What is texted back by itself: at whose cost, at which pace, and to whom not."""

from __future__ import annotations

import pytest

from bridgekit import RetryLater
from bridges.sms import answers
from bridges.sms.config import OptOut
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Inbound
from tests.adapters.sms.office import BOB, OWN, Place, place, settings
from tests.adapters.sms.sending import sent
from tests.adapters.sms.test_desk import shown, text


@pytest.mark.parametrize("sender", ["+19005550123", "+881612345678", "+35799123456"])
async def test_whom_nobody_may_text_is_not_answered_either(sender: str) -> None:
    """Who texts can be made up: each answer would be paid to whoever owns that number."""
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    for number, word in enumerate(("STOP", "START", "HELP")):
        await office.desk.take("main", Inbound(sender, f"+{OWN}", word, id=f"{number}"))
    await office.desk.take("main", text("HELP", "9"))
    await office.answered()
    assert [one.to for one in office.gateways["main"].sent] == [(f"+{BOB}",)]


async def test_an_answer_that_surely_was_not_taken_is_tried_again(
    office: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_AGAIN", (0.0, 0.0))
    office.gateways["main"].answers += [RetryLater("busy"), RetryLater("busy")]
    await office.desk.take("main", text("STOP"))
    await office.answered()
    assert [one.text for one in office.gateways["main"].sent] == [settings().opt_out.stop_reply]


async def test_two_machines_cannot_ask_each_other_for_help_for_ever() -> None:
    office = place(settings(opt_out=OptOut(help_reply="Call us."), per_minute=12))
    for number in range(5):
        await office.desk.take("main", text("HELP", f"{number}"))
    await office.answered()
    assert len(office.gateways["main"].sent) == 3
    poor = place(settings(opt_out=OptOut(help_reply="Call us."), per_day=1))
    for number in range(2):
        await poor.desk.take("main", text("HELP", f"{number}"))
    await poor.answered()
    assert len(poor.gateways["main"].sent) == 1


async def test_a_gateway_that_answers_itself_is_not_answered_again(office: Place) -> None:
    await office.desk.take("main", text("STOP", wish=Wish.STOP, answered=True))
    await office.answered()
    assert await office.notes.standing.opted_out(BOB, OWN) is not None
    assert office.gateways["main"].sent == []


async def test_help_is_answered_where_the_operator_has_written_an_answer() -> None:
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    await office.desk.take("main", text("HELP"))
    await office.answered()
    assert [one.text for one in office.gateways["main"].sent] == ["Call us."]


async def test_an_answer_waits_for_no_text_and_no_text_for_an_answer(office: Place) -> None:
    """The call that brought STOP is answered, and the next one taken, before anything is texted."""
    await office.desk.take("main", text("STOP", "1"))
    await office.desk.take("main", text("START", "2"))
    assert (shown(office)[0], office.gateways["main"].sent) == ("STOP", [])
    office.gateways["main"].answers.append(ConnectionError("gone"))
    await office.answered()
    assert [one.text for one in office.gateways["main"].sent] == [settings().opt_out.start_reply]


async def test_answers_keep_to_the_pace_of_their_number(office: Place) -> None:
    await office.desk.take("main", text("STOP", "1"))
    await office.answered()
    assert office.host.paced == [("answers", OWN, "0.25 1.0 1.0"), ("number", OWN, "1.0 1 1.0")]


async def test_only_so_many_answers_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WAITING", 4)
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    for number in range(4):
        await office.desk.take("main", text("HELP", f"{number}"))
    await office.desk.take("main", text("STOP", "9"))
    await office.answered()
    first, *others = (one.text for one in office.gateways["main"].sent)
    assert (first, others) == (settings().opt_out.stop_reply, ["Call us."])


async def test_a_flood_of_help_takes_nothing_from_what_people_write() -> None:
    """Of the day, of one conversation and of the pace: a quarter, however many ask."""
    office = place(settings(opt_out=OptOut(help_reply="Call us."), per_day=8, per_minute=8))
    for number in range(20):
        peer = f"+141555502{number:02}"
        await office.desk.take("main", Inbound(peer, f"+{OWN}", "HELP", id=f"{number}"))
    await office.answered()
    assert len(office.gateways["main"].sent) == 2
    for _ in range(6):
        await sent(office, "we are there for you")
    assert len(office.gateways["main"].sent) == 8


async def test_whoever_asks_for_help_over_and_over_can_still_be_written_to() -> None:
    office = place(settings(opt_out=OptOut(help_reply="Call us."), per_minute=8))
    for number in range(20):
        await office.desk.take("main", text("HELP", f"{number}"))
    await office.answered()
    assert len(office.gateways["main"].sent) == 2
    assert len(await sent(office, "we are there for you")) == 3
