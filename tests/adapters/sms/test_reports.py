"""What becomes of what we texted, as gateways report it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridgekit import ChatID, Delivery, MessageID
from bridges.sms.provider import Report
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio
from bridges.sms.status import OPTED_OUT, REASONS, Rank
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.test_desk import CHAT, text
from tests.adapters.sms.test_parsing import form, telnyx
from tests.adapters.sms.test_signatures import gateway


def report(rank: Rank, code: str = "", name: str = "9") -> Report:
    return Report(name, f"+{OWN}", f"+{BOB}", rank, code)


async def test_ends_are_told_and_what_is_on_its_way_is_not(office: Place) -> None:
    for rank in (Rank.QUEUED, Rank.SENT, Rank.DELIVERED):
        await office.desk.take("main", report(rank))
    (event,) = office.host.received
    assert isinstance(event.content, Delivery)
    assert (event.chat.id, event.content.target, event.sender) == (CHAT, "main:9", None)


async def test_a_failure_for_having_opted_out_is_remembered(office: Place) -> None:
    await office.desk.take("main", report(Rank.FAILED, "21610"))
    out = await office.notes.standing.opted_out(BOB, OWN)
    assert out is not None
    assert out.source == "the gateway"
    assert office.host.received[0].content.reason == REASONS["21610"]


async def test_a_report_of_a_send_whose_answer_was_lost_shows_that_it_was_sent(
    office: Place,
) -> None:
    """And of any other it says nothing new."""
    await office.desk.take("main", replace(report(Rank.SENT), txn="txn-1"))
    (echo,) = office.host.received
    assert (echo.chat.id, echo.sender, echo.id, echo.txn) == (CHAT, OWN, "main:9", "txn-1")
    office.notes.memory.add(echo.chat.id, ("main:10",), "hi")
    await office.desk.take("main", replace(report(Rank.SENT, name="10"), txn="txn-2"))
    assert len(office.host.received) == 1


async def test_a_report_of_a_group_is_of_its_conversation(office: Place) -> None:
    others = ("+14155550102",)
    await office.desk.take("main", replace(report(Rank.FAILED), others=others))
    (event,) = office.host.received
    assert (event.chat.id, event.sender) == (f"{CHAT},14155550102", BOB)


@pytest.mark.parametrize("code", sorted(OPTED_OUT))
async def test_every_gateway_may_say_that_somebody_has_opted_out(office: Place, code: str) -> None:
    await office.desk.take("main", report(Rank.FAILED, code))
    assert await office.notes.standing.opted_out(BOB, OWN) is not None


async def test_a_report_that_is_told_again_opts_nobody_out_who_has_opted_in_since(
    office: Place,
) -> None:
    await office.desk.take("main", report(Rank.FAILED, "21610"))
    await office.desk.take("main", text("START"))
    again = await office.restarted()
    for desk in (office.desk, again.desk):
        await desk.take("main", report(Rank.FAILED, "21610"))
    assert await again.notes.standing.opted_out(BOB, OWN) is None
    await again.desk.take("main", report(Rank.FAILED, "21610", "10"))
    assert await again.notes.standing.opted_out(BOB, OWN) is not None


async def test_a_number_that_may_be_none_at_all_has_not_opted_out(office: Place) -> None:
    """Vonage says the same of both."""
    await office.desk.take("main", report(Rank.FAILED, "vonage 9"))
    assert await office.notes.standing.opted_out(BOB, OWN) is None


async def test_a_report_of_a_number_that_is_not_ours_any_more_is_nothing(office: Place) -> None:
    await office.desk.take("main", Report("9", "+14155550199", f"+{BOB}", Rank.DELIVERED))
    assert office.host.received == []


async def test_a_report_is_known_by_its_message_whatever_numbers_it_names(office: Place) -> None:
    """Some SMSCs name sender and receiver the other way round, or rewrite them."""
    office.notes.memory.add(ChatID(CHAT), (MessageID("main:9"),), "hi")
    for own, peer in ((f"+{BOB}", f"+{OWN}"), ("INFO", "0049 30 1"), ("", "")):
        await office.desk.take("main", Report("9", own, peer, Rank.DELIVERED))
    assert {one.chat.id for one in office.host.received} == {CHAT}
    assert len(office.host.received) == 3
    await office.desk.take("main", Report("9", "INFO", "", Rank.FAILED, "21610"))
    assert await office.notes.standing.opted_out(BOB, OWN) is not None


async def test_a_report_that_does_not_name_our_number_is_of_the_one_that_texted() -> None:
    office = place(settings(numbers={OWN: {}, OTHER_OWN: {}}))
    theirs = f"{OTHER_OWN}/{BOB}"
    office.host.linked.add((theirs, "main:9"))
    await office.desk.take("main", Report("9", "", f"+{BOB}", Rank.DELIVERED))
    await office.desk.take("main", Report("10", "", f"+{BOB}", Rank.DELIVERED))
    assert [one.chat.id for one in office.host.received] == [theirs, CHAT]


@pytest.mark.parametrize("kind", [Twilio, Plivo, Telnyx])
def test_a_report_says_which_send_it_is_of_also_where_its_answer_was_lost(kind: type[Any]) -> None:
    fields = {"MessageSid": "1", "MessageUUID": "1", "From": "+1416", "To": "+1415"}
    call = form(**fields, MessageStatus="sent", Status="sent")
    if kind is Telnyx:
        told = {"id": "1", "from": {"phone_number": "+1416"}}
        call = telnyx("message.sent", **told, to=[{"phone_number": "+1415", "status": "sent"}])
    (told,) = gateway(kind).parse(replace(call, query=(("txn", "txn-1"),)))
    assert (told.id, told.txn) == ("1", "txn-1")
