"""Opting out, in, and asking for help: remembered, told once, and shown."""

from __future__ import annotations

import json

import pytest

from bridgekit import Message, MessageKind, RemoteUserID, plain
from bridges.sms.config import Number, OptOut, SMSConfig, Strangers
from bridges.sms.heard import KEPT
from bridges.sms.numbers import between
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Inbound, Media, Traits
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.sending import refused, sent
from tests.adapters.sms.test_desk import text


def notices(office: Place) -> list[str]:
    return [
        plain(one.content.text)
        for one in office.host.received
        if isinstance(one.content, Message) and one.content.kind is MessageKind.NOTICE
    ]


async def test_who_texts_stop_is_remembered_told_once_and_shown(office: Place) -> None:
    await office.desk.take("main", text("Stop"))
    out = await office.notes.standing.opted_out(BOB, OWN)
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
    assert await office.notes.standing.opted_out(BOB, OWN) is not None
    assert (office.host.received, office.gateways["main"].sent) == ([], [])
    assert len(office.host.aside) == 1


async def test_what_the_gateway_calls_a_stop_is_one_also_with_a_file() -> None:
    office = place(settings())
    said = text("stop it", media=(Media("https://gateway/1", "image/jpeg"),), wish=Wish.STOP)
    await office.desk.take("main", said)
    assert await office.notes.standing.opted_out(BOB, OWN) is not None


async def test_a_stop_that_is_told_again_after_start_changes_nothing(office: Place) -> None:
    await office.desk.take("main", text("STOP", "1"))
    await office.desk.take("main", text("START", "2"))
    await office.desk.take("main", text("STOP", "1"))
    assert await office.notes.standing.opted_out(BOB, OWN) is None
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


async def test_a_stop_with_nothing_but_a_layout_beside_it_is_one(office: Place) -> None:
    """Phones send a single word as MMS, too."""
    layout = Media("https://gateway/1", "application/smil; charset=utf-8")
    await office.desk.take("main", text("STOP", media=(layout,)))
    assert await office.notes.standing.opted_out(BOB, OWN) is not None


async def test_a_stop_with_a_picture_beside_it_is_one(office: Place) -> None:
    """Some phones sign what they send so; and who goes on being texted cannot help it."""
    picture = Media("https://gateway/1", "image/jpeg")
    await office.desk.take("main", text("STOP", media=(picture,)))
    assert await office.notes.standing.opted_out(BOB, OWN) is not None


async def test_who_opts_out_again_is_shown_to_do_so_also_without_an_id() -> None:
    """As of SMPP: the same word of the same person is the same bytes each time."""
    office = place(settings(per_minute=100))
    for word in ("STOP", "START", "STOP"):
        told = Inbound(f"+{BOB}", f"+{OWN}", word, fingerprint=word)
        await office.desk.take("main", told)
        office.clock.passes(60)
    assert len(notices(office)) == 3
    assert len({one.key for one in office.host.received if one.key is not None}) == 3
    await office.answered()
    assert len({one.txn for one in office.gateways["main"].sent}) == 3


async def test_a_stop_is_known_when_it_is_told_again_much_later(office: Place) -> None:
    await office.desk.take("main", text("STOP", "1"))
    await office.desk.take("main", text("START", "2"))
    for number in range(KEPT):
        await office.desk.take("main", text("hi", f"later {number}"))
    await office.desk.take("main", text("STOP", "1"))
    assert await office.notes.standing.opted_out(BOB, OWN) is None


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


async def test_who_says_stop_in_a_group_is_texted_neither_in_it_nor_alone(office: Place) -> None:
    carol = "14155550102"
    office.gateways["main"].traits = Traits(group=8)
    group = between(OWN, BOB, RemoteUserID(carol)).chat
    await office.desk.take("main", text("STOP", others=(f"+{carol}",)))
    await office.answered()
    assert {one.chat.id for one in office.host.received} == {group.id}
    assert "has opted out" in notices(office)[0]
    assert [one.to for one in office.gateways["main"].sent] == [(f"+{BOB}",)]
    office.gateways["main"].sent.clear()
    await refused(office, "hi all", "has opted out", chat=group)
    await refused(office, "hi Bob", "has opted out")
    assert await sent(office, "hi Carol", chat=between(OWN, RemoteUserID(carol)).chat)
    await office.desk.take("main", text("START", "2", others=(f"+{carol}",)))
    assert await sent(office, "hi all", chat=group)


def with_service(service: str) -> SMSConfig:
    """Two numbers of ours, at a gateway that has this service for both."""
    account = settings().providers["main"].model_copy(update={"service": service})
    numbers = {OWN: Number(), OTHER_OWN: Number()}
    return settings(numbers=numbers, providers={"main": account})


async def wants(office: Place, own: str) -> bool:
    """Whether Bob may be texted from this number."""
    return await office.desk.wishes.opted_out(own, BOB) is None


async def test_opting_out_is_of_one_number_or_of_a_whole_service() -> None:
    apart = place(with_service(""))
    await apart.desk.take("main", text("STOP"))
    assert [await wants(apart, own) for own in (OWN, OTHER_OWN)] == [False, True]
    together = place(with_service("MG1"))
    await together.desk.take("main", text("STOP"))
    assert [await wants(together, own) for own in (OWN, OTHER_OWN)] == [False, False]


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [("", "MG1", True), ("MG1", "", False), ("MG1", "MG2", False)],
)
async def test_a_stop_holds_whatever_is_configured_as_the_service_later(
    before: str, after: str, *, other: bool
) -> None:
    """`other`: whether they may be texted from the number that they did not text."""
    first = place(with_service(before))
    await first.desk.take("main", text("STOP", "1"))
    then = place(with_service(after), first.host, first.clock)
    allowed = [await wants(then, own) for own in (OWN, OTHER_OWN)]
    assert allowed == [False, other]
    first.clock.passes(60)
    await then.desk.take("main", text("START", "2"))
    assert "opted in" in notices(then)[-1]
    back = place(with_service(before), first.host, first.clock)
    assert await wants(then, OWN)
    assert await wants(back, OWN)


async def test_the_last_word_about_a_number_counts_whatever_it_was_a_part_of() -> None:
    """A stop to the number alone is later than what was said of its service before."""
    first = place(with_service("MG1"))
    for number, word in enumerate(("STOP", "START")):
        await first.desk.take("main", text(word, f"{number}"))
        first.clock.passes(60)
    alone = place(with_service(""), first.host, first.clock)
    await alone.desk.take("main", text("STOP", "9"))
    again = place(with_service("MG1"), first.host, first.clock)
    assert [await wants(again, own) for own in (OWN, OTHER_OWN)] == [False, True]


async def test_a_crash_amid_a_stop_of_a_service_leaves_no_number_out() -> None:
    office = place(with_service("MG1"))
    saved, office.host.saves_left = office.host.values, 1
    with pytest.raises(OSError, match="full"):
        await office.desk.take("main", text("STOP", "1"))
    assert len(saved) == 1
    office.host.saves_left = None
    again = await office.restarted()
    await again.desk.take("main", text("STOP", "1"))
    assert "has opted out" in notices(again)[0]
    alone = place(with_service(""), office.host, office.clock)
    assert [await wants(alone, own) for own in (OWN, OTHER_OWN)] == [False, False]


async def test_what_an_older_release_has_kept_of_a_stop_is_obeyed(office: Place) -> None:
    since = {"since": "2029-01-01T00:00:00+00:00", "source": "a text of theirs"}
    stored = {"out": since, "keys": ["main:1"], "changed": "main:1"}
    office.host.values[f"opted out {OWN} {BOB}"] = json.dumps(stored)
    assert not await wants(office, OWN)
    await office.desk.take("main", text("START", "2"))
    assert await wants(office, OWN)
