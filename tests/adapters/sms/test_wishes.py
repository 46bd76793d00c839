"""Opting out, in, and asking for help: remembered, told once, and shown."""

from __future__ import annotations

import pytest

from bridgekit import Message, MessageKind, plain
from bridges.sms import answers
from bridges.sms.config import Number, OptOut, Strangers
from bridges.sms.heard import KEPT
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Inbound, Media
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.test_desk import shown, text


def notices(office: Place) -> list[str]:
    return [
        plain(one.content.text)
        for one in office.host.received
        if isinstance(one.content, Message) and one.content.kind is MessageKind.NOTICE
    ]


async def test_who_texts_stop_is_remembered_told_once_and_shown(office: Place) -> None:
    await office.desk.take("main", text("Stop"))
    out = await office.notes.standing.opted_out(OWN, BOB)
    assert out is not None
    assert out.source == "a text of theirs"
    await office.answered()
    assert [one.text for one in office.gateways["main"].sent] == [settings().opt_out.stop_reply]
    assert "has opted out" in notices(office)[0]
    await office.desk.take("main", text("STOP", "2"))
    await office.answered()
    assert len(office.gateways["main"].sent) == 1


async def test_a_stop_of_somebody_who_is_ignored_is_obeyed_too() -> None:
    office = place(settings(strangers=Strangers.IGNORE))
    await office.desk.take("main", text("STOP"))
    await office.answered()
    assert await office.notes.standing.opted_out(OWN, BOB) is not None
    assert (office.host.received, office.gateways["main"].sent) == ([], [])
    assert len(office.host.aside) == 1


async def test_what_the_gateway_calls_a_stop_is_one_also_with_a_file() -> None:
    office = place(settings())
    said = text("stop it", media=(Media("https://gateway/1", "image/jpeg"),), wish=Wish.STOP)
    await office.desk.take("main", said)
    assert await office.notes.standing.opted_out(OWN, BOB) is not None


async def test_a_stop_that_is_told_again_after_start_changes_nothing(office: Place) -> None:
    await office.desk.take("main", text("STOP", "1"))
    await office.desk.take("main", text("START", "2"))
    await office.desk.take("main", text("STOP", "1"))
    assert await office.notes.standing.opted_out(OWN, BOB) is None
    assert "opted in" in notices(office)[-1]


@pytest.mark.parametrize("word", ["STOP", "HELP"])
async def test_a_word_that_is_told_again_much_later_is_answered_once(word: str) -> None:
    """Also the last one, which is news again, as a crash may have kept it from being stored."""
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    await office.desk.take("main", text(word))
    for number in range(KEPT):
        await office.desk.take("main", text("hi", f"later {number}"))
    again = await office.restarted()
    for one in (again, office):
        await one.desk.take("main", text(word))
        await one.answered()
    assert (len(office.gateways["main"].sent), again.gateways["main"].sent) == (1, [])


@pytest.mark.parametrize("sender", ["+19005550123", "+881612345678", "+35799123456"])
async def test_whom_nobody_may_text_is_not_answered_either(sender: str) -> None:
    """Who texts can be made up: each answer would be paid to whoever owns that number."""
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    for number, word in enumerate(("STOP", "START", "HELP")):
        await office.desk.take("main", Inbound(sender, f"+{OWN}", word, id=f"{number}"))
    await office.desk.take("main", text("HELP", "9"))
    await office.answered()
    assert [one.to for one in office.gateways["main"].sent] == [(f"+{BOB}",)]


async def test_a_stop_with_nothing_but_a_layout_beside_it_is_one(office: Place) -> None:
    """Phones send a single word as MMS, too."""
    layout = Media("https://gateway/1", "application/smil; charset=utf-8")
    await office.desk.take("main", text("STOP", media=(layout,)))
    assert await office.notes.standing.opted_out(OWN, BOB) is not None


async def test_a_stop_below_a_picture_is_a_word_about_the_picture(office: Place) -> None:
    picture = Media("https://gateway/1", "image/jpeg")
    await office.desk.take("main", text("STOP", media=(picture,)))
    assert await office.notes.standing.opted_out(OWN, BOB) is None


async def test_a_stop_is_known_when_it_is_told_again_much_later(office: Place) -> None:
    await office.desk.take("main", text("STOP", "1"))
    await office.desk.take("main", text("START", "2"))
    for number in range(KEPT):
        await office.desk.take("main", text("hi", f"later {number}"))
    await office.desk.take("main", text("STOP", "1"))
    assert await office.notes.standing.opted_out(OWN, BOB) is None


async def test_a_crash_before_a_stop_is_stored_takes_nothing_from_what_comes_of_it(
    office: Place,
) -> None:
    office.host.failure = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await office.desk.take("main", text("STOP"))
    again = await office.restarted()
    await again.desk.take("main", text("STOP"))
    assert "has opted out" in notices(again)[0]
    await again.answered()
    assert len(again.gateways["main"].sent) == 1


async def test_two_machines_cannot_ask_each_other_for_help_for_ever() -> None:
    office = place(settings(opt_out=OptOut(help_reply="Call us."), per_minute=3))
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
    assert await office.notes.standing.opted_out(OWN, BOB) is not None
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
    assert office.host.paced == [("number", OWN, "1.0 1 1.0")]


async def test_only_so_many_answers_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WAITING", 2)
    office = place(settings(opt_out=OptOut(help_reply="Call us.")))
    for number in range(4):
        await office.desk.take("main", text("HELP", f"{number}"))
    await office.answered()
    assert len(office.gateways["main"].sent) == 2


async def test_opting_out_is_of_one_number_or_of_a_whole_service() -> None:
    numbers = {OWN: Number(), OTHER_OWN: Number()}
    apart = place(settings(numbers=numbers))
    await apart.desk.take("main", text("STOP"))
    assert apart.desk.wishes.scope(OTHER_OWN) == OTHER_OWN
    assert await apart.notes.standing.opted_out(OTHER_OWN, BOB) is None
    account = settings().providers["main"].model_copy(update={"service": "MG1"})
    together = place(settings(numbers=numbers, providers={"main": account}))
    await together.desk.take("main", text("STOP"))
    assert together.desk.wishes.scope(OTHER_OWN) == "MG1"
    assert await together.notes.standing.opted_out("MG1", BOB) is not None
