"""What is sent, through which gateway, and what is refused before anything is."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit import (
    Attachment,
    AttachmentKind,
    Chat,
    ChatID,
    Code,
    Link,
    List,
    Message,
    MessageKind,
    Quote,
    Rejected,
    RemoteUserID,
    RetryLater,
    Text,
    from_plain,
    plain,
)
from bridges.sms.config import Number, Prefix
from bridges.sms.opt_out import OptedOutError, Wish
from bridges.sms.provider import Traits
from bridges.sms.segments import count
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.sending import CHAT, client_of, refused, saying, sent

# What is sent.


async def test_who_speaks_is_named_where_several_share_a_number(office: Place) -> None:
    assert await sent(office, "hello") == ["Alice: hello"]


async def test_a_name_can_be_left_out() -> None:
    assert await sent(place(settings(prefix=Prefix.NEVER)), "hello") == ["hello"]
    assert await sent(place(settings()), "hello", relayed=False) == ["hello"]


async def test_what_is_formatted_becomes_readable_text(office: Place) -> None:
    rich = (
        Text("see "),
        Link((Text("this"),), "https://example.org"),
        Quote((Text("quoted"),)),
        List(((Text("one"),), (Text("two"),))),
        Code("x = 1"),
    )
    (text,) = await sent(office, Message(rich), relayed=False)
    assert text == "see this (https://example.org)\n> quoted\n- one\n- two\nx = 1"


async def test_an_emote_names_whoever_does_it(office: Place) -> None:
    waves = Message(from_plain("waves"), MessageKind.EMOTE)
    assert await sent(office, waves) == ["* Alice waves"]


async def test_an_answer_goes_out_from_the_number_that_was_texted() -> None:
    office = place(settings(numbers={OWN: Number(), OTHER_OWN: Number()}))
    await sent(office, "hi", chat=Chat(ChatID(f"{OTHER_OWN}/{BOB}")))
    assert [one.own for one in office.gateways["main"].sent] == [f"+{OTHER_OWN}"]


async def test_a_long_text_is_cut_into_texts_that_a_gateway_takes(office: Place) -> None:
    office.gateways["main"].traits = Traits(segments=2)
    words = " ".join(f"word{number}" for number in range(90))
    texts = await sent(place_like(office, segments=20), words)
    assert all(count(one) <= 2 for one in texts)
    assert all(one.startswith("Alice: ") for one in texts)
    assert " ".join(one.removeprefix("Alice: ") for one in texts) == words


def place_like(office: Place, **changed: Any) -> Place:
    made = place(settings(**changed))
    made.gateways["main"].traits = office.gateways["main"].traits
    return made


async def test_one_odd_letter_in_a_long_text_is_reckoned_with(office: Place) -> None:
    office.gateways["main"].traits = Traits(segments=1)
    words = ("a" * 60 + " ") * 6 + "漢"
    texts = await sent(place_like(office, segments=20), words, relayed=False)
    assert all(count(one) == 1 for one in texts)
    assert "".join(texts).replace(" ", "") == words.replace(" ", "")


async def test_the_sender_is_told_what_a_long_text_was_sent_as(office: Place) -> None:
    client = client_of(office)
    answer = await client.send(saying("x" * 400))
    assert answer.note == "It was sent as 3 text messages."
    assert (await client.send(saying("short"))).note is None


async def test_files_go_as_links_that_the_gateway_fetches(office: Place) -> None:
    office.gateways["main"].traits = Traits(files=10, media=1000)
    client = client_of(office)
    limits = client.limits(CHAT)
    assert AttachmentKind.IMAGE in limits.attachments
    assert limits.media == 1000
    assert "image/png" in limits.shrinks
    assert "image/gif" not in limits.shrinks
    file = Attachment(AttachmentKind.IMAGE, "mxc", "cat.png", "image/png")
    await client.send(saying(Message(from_plain("look"), attachments=(file,))))
    moving = Attachment(AttachmentKind.IMAGE, "mxc", "dog.gif", "image/gif")
    await client.send(saying(Message((), attachments=(moving,))))
    assert [one.media for one in office.gateways["main"].sent] == [
        ("https://bridge.example.org/cat.png?most=1000",),
        ("https://bridge.example.org/dog.gif",),
    ]


async def test_a_gateway_without_mms_takes_no_files(office: Place) -> None:
    assert client_of(office).limits(CHAT).attachments == frozenset()


# What is not.


async def test_who_has_opted_out_is_not_texted(office: Place) -> None:
    await office.desk.wishes.note(OWN, BOB, Wish.STOP, "a text of theirs")
    await refused(office, "hello", "opted out")
    await office.desk.wishes.note(OWN, BOB, Wish.START, "a text of theirs")
    assert await sent(office, "hello") == ["Alice: hello"]


async def test_what_a_gateway_says_of_opting_out_is_remembered(office: Place) -> None:
    office.gateways["main"].answers.append(OptedOutError("They have opted out."))
    with pytest.raises(Rejected):
        await sent(office, "hello")
    assert await office.notes.standing.opted_out(BOB, OWN) is not None
    await refused(office, "hello", "opted out")


async def test_a_notice_is_never_texted(office: Place) -> None:
    await refused(office, Message(from_plain("beep"), MessageKind.NOTICE), "Notices")


async def test_a_name_and_a_room_of_strangers_cannot_be_answered(office: Place) -> None:
    await refused(office, "hi", "name", chat=Chat(ChatID(f"{OWN}/alpha-ACME")))
    await refused(office, "hi", "accept", chat=Chat(ChatID(f"{OWN}/unknown")))


async def test_emergency_premium_and_foreign_numbers_are_not_texted(office: Place) -> None:
    await refused(office, "hi", "emergency", chat=Chat(ChatID(f"{OWN}/short-us-911")))
    await refused(office, "hi", "DE", chat=Chat(ChatID(f"{OWN}/491701234567")))
    await refused(
        place(settings(countries=("*",))), "hi", "extra", chat=Chat(ChatID(f"{OWN}/19005550123"))
    )


async def test_a_text_that_costs_too_much_is_refused_with_what_it_costs() -> None:
    await refused(place(settings(segments=2)), "x" * 500, "takes 4 text messages")


async def test_the_budget_of_a_day_holds_also_over_a_restart() -> None:
    office = place(settings(per_day=2))
    assert len(await sent(office, "one")) == 1
    later = await office.restarted()
    await sent(later, "two")
    with pytest.raises(Rejected, match="tomorrow"):
        await sent(later, "three")
    later.clock.passes(24 * 3600)
    assert len(await sent(later, "four")) == 2


async def test_what_may_have_been_sent_counts_as_spent() -> None:
    office = place(settings(per_day=1))
    office.gateways["main"].answers.append(ConnectionError("no answer"))
    with pytest.raises(ConnectionError):
        await sent(office, "one")
    with pytest.raises(Rejected, match="tomorrow"):
        await sent(office, "two")


async def test_what_is_sent_is_counted_before_a_crash_can_forget_it() -> None:
    office = place(settings(per_day=1))
    office.gateways["main"].answers.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await sent(office, "one")
    with pytest.raises(Rejected, match="tomorrow"):
        await sent(await office.restarted(), "two")


async def test_what_surely_was_not_sent_costs_nothing() -> None:
    office = place(settings(per_day=1))
    office.gateways["main"].answers.append(RetryLater("busy"))
    with pytest.raises(RetryLater):
        await sent(office, "one")
    assert len(await sent(office, "one")) == 1


async def test_who_opts_out_while_a_text_waits_for_its_turn_is_not_texted(office: Place) -> None:
    async def waits(*_: str, **_how: float) -> None:
        await office.desk.wishes.note(OWN, RemoteUserID(BOB), Wish.STOP, "a text of theirs")

    office.host.pace = waits
    await refused(office, "hello", "opted out")


async def test_the_budget_holds_for_all_that_wait_for_their_turn() -> None:
    office = place(settings(per_day=1))

    async def waits(*_: str, **_how: float) -> None:
        await office.notes.spending.count(1)

    office.host.pace = waits
    await refused(office, "hello", "tomorrow")


async def test_two_machines_cannot_answer_each_other_for_ever() -> None:
    office = place(settings(per_minute=3))
    client = client_of(office)
    for _ in range(3):
        await client.pace(saying("automatic"))
        await client.send(saying("automatic"))
    with pytest.raises(Rejected, match="loop"):
        await client.pace(saying("automatic"))
    office.clock.passes(61)
    await client.pace(saying("automatic"))


async def test_every_number_has_a_pace_of_its_own_paid_in_messages() -> None:
    office = place(settings(numbers={OWN: Number(rate=3, burst=2)}))
    await client_of(office).pace(saying("x" * 200))
    assert office.host.paced == [("number", OWN, "3.0 2 2.0")]


def test_text_that_is_cut_keeps_every_word() -> None:
    event = saying("a b " * 400)
    parts = client_of(place(settings(segments=50))).split(event)
    assert " ".join(" ".join(plain(one.text).split()) for one in parts) == ("a b " * 400).strip()
