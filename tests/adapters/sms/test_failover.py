"""Which gateway a text goes through, and when another one is tried."""

from __future__ import annotations

import pytest

from bridgekit import (
    Attachment,
    AttachmentKind,
    Chat,
    ChatID,
    LoginError,
    Message,
    Rank,
    Rejected,
    RetryLater,
    Scope,
    from_plain,
)
from bridges.sms.codes import PartlyTakenError
from bridges.sms.opt_out import OptedOutError
from bridges.sms.provider import Traits
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import BOB, OWN, Place, place, settings
from tests.adapters.sms.sending import client_of, refused, sent


def two() -> Place:
    return place(
        settings(
            providers={
                "first": ProviderSettings(provider="test"),
                "second": ProviderSettings(provider="test"),
            }
        )
    )


@pytest.mark.parametrize("sure", [RetryLater("busy"), LoginError("who are you")])
async def test_another_gateway_is_tried_where_the_first_surely_has_not_taken_it(
    sure: Exception,
) -> None:
    office = two()
    office.gateways["first"].answers.append(sure)
    await sent(office, "hello")
    assert len(office.gateways["second"].sent) == 1


@pytest.mark.parametrize("unsure", [ConnectionError("gone"), TimeoutError()])
async def test_no_other_gateway_is_tried_where_the_first_may_have_taken_it(
    unsure: Exception,
) -> None:
    office = two()
    office.gateways["first"].answers.append(unsure)
    with pytest.raises(type(unsure)):
        await sent(office, "hello")
    assert office.gateways["second"].sent == []


async def test_a_gateway_that_could_not_take_all_of_it_is_no_other_way() -> None:
    office = two()
    office.gateways["first"].traits = Traits(files=10)
    office.gateways["first"].answers.append(RetryLater("busy"))
    file = Attachment(AttachmentKind.IMAGE, "mxc", "cat.png", "image/png")
    with pytest.raises(RetryLater, match="busy"):
        await sent(office, Message(from_plain("look"), attachments=(file,)))
    assert office.gateways["second"].sent == []


async def test_a_gateway_that_is_busy_holds_up_only_what_goes_through_it() -> None:
    office = two()
    for gateway in office.gateways.values():
        gateway.answers.append(RetryLater("busy", 7.0, Scope.LOGIN))
    with pytest.raises(RetryLater) as caught:
        await sent(office, "hello")
    assert (caught.value.scope, caught.value.after) == (Scope.CHAT, 7.0)


async def test_a_group_is_never_texted_in_part(office: Place) -> None:
    group = Chat(ChatID(f"{OWN}/{BOB},14155550102"))
    await refused(office, "hi all", "groups", chat=group)
    assert (await client_of(office).chat_info(group.id)).may_speak is Rank.OWNER
    office.gateways["main"].traits = Traits(group=8)
    await sent(office, "hi all", chat=group)
    assert office.gateways["main"].sent[0].to == (f"+{BOB}", "+14155550102")


async def test_what_one_gateway_refuses_for_good_another_may_take() -> None:
    """Its region is switched off there, say, or it has no way to that network."""
    office = two()
    office.gateways["first"].answers.append(Rejected("not to that region"))
    await sent(office, "hello")
    assert len(office.gateways["second"].sent) == 1


async def test_what_all_gateways_refuse_for_good_is_told_in_the_words_of_the_first() -> None:
    office = two()
    office.gateways["first"].answers.append(Rejected("no such number"))
    office.gateways["second"].answers.append(Rejected("what"))
    await refused(office, "hello", "no such number")


async def test_what_one_refuses_for_good_waits_for_another_that_is_away() -> None:
    office = two()
    office.gateways["first"].answers.append(Rejected("not to that region"))
    office.gateways["second"].answers.append(RetryLater("busy"))
    with pytest.raises(RetryLater, match="busy"):
        await sent(office, "hello")


@pytest.mark.parametrize("last", [OptedOutError("they want none"), PartlyTakenError("in part")])
async def test_who_wants_no_text_or_has_half_of_it_gets_it_through_no_other(
    last: Exception,
) -> None:
    office = two()
    office.gateways["first"].answers.append(last)
    await refused(office, "hello", f"{last}")


async def test_a_gateway_that_is_down_is_passed_over_and_one_alone_is_waited_for() -> None:
    office = two()
    next(iter(office.lines)).down = "it is gone"
    await sent(office, "hello")
    assert len(office.gateways["second"].sent) == 1
    for line in office.lines:
        line.down = "it is gone"
    with pytest.raises(RetryLater, match="gone"):
        await sent(office, "hello")
