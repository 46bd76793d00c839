"""What gateways tell, taken in: who said it, where it is shown, and what has to happen then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from bridgekit import Message, Reaction, plain
from bridges.sms.alphabet import to_gsm
from bridges.sms.config import Number, Strangers
from bridges.sms.guards import check
from bridges.sms.heard import SOON
from bridges.sms.numbers import conversation
from bridges.sms.numbers import shown as shown_name
from bridges.sms.provider import Inbound, Media, Part
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings

CHAT = f"{OWN}/{BOB}"


def text(words: str, name: str = "1", **changed) -> Inbound:
    return Inbound(f"+{BOB}", f"+{OWN}", words, id=name, **changed)


def shown(office: Place) -> list[str]:
    return [
        plain(one.content.text) for one in office.host.received if isinstance(one.content, Message)
    ]


# Who and where.


async def test_a_text_is_shown_as_it_was_written(office: Place) -> None:
    await office.desk.take("main", text("<b>bold</b>\r\n*not* \x00\x07code `x`\ttab"))
    (event,) = office.host.received
    assert (event.chat.id, event.chat.private, event.sender) == (CHAT, False, BOB)
    assert plain(event.content.text) == "<b>bold</b>\n*not* code `x`\ttab"
    assert event.id == event.key == "main:1"


async def test_our_own_number_is_known_in_every_spelling(office: Place) -> None:
    for number, spelled in enumerate(("+14155550100", "14155550100", "(415) 555-0100", "")):
        await office.desk.take("main", Inbound(f"+{BOB}", spelled, "hi", id=f"{number}"))
    assert {one.chat.id for one in office.host.received} == {CHAT}


async def test_a_sender_is_known_however_a_gateway_spells_the_number(office: Place) -> None:
    for number, spelled in enumerate(("4155550101", "14155550101", "+1 415-555-0101")):
        await office.desk.take("main", Inbound(spelled, OWN, "hi", id=f"{number}"))
    assert {one.sender for one in office.host.received} == {BOB}


async def test_a_number_that_is_not_ours_is_set_aside(office: Place) -> None:
    await office.desk.take("main", Inbound(f"+{BOB}", "+14155550199", "hi", id="1"))
    assert office.host.received == []
    assert "no number of ours" in office.host.aside[0][1]


async def test_a_text_from_a_number_of_our_own_is_a_loop_and_goes_nowhere() -> None:
    office = place(settings(numbers={OWN: Number(), OTHER_OWN: Number()}))
    await office.desk.take("main", Inbound(f"+{OTHER_OWN}", f"+{OWN}", "hi", id="1"))
    assert office.host.received == []
    assert "loop" in office.host.aside[0][1]


async def test_a_text_from_a_short_code_of_our_own_is_a_loop_too() -> None:
    office = place(settings(numbers={OWN: Number(), "72345": Number(home="US")}))
    await office.desk.take("main", Inbound("72345", f"+{OWN}", "hi", id="1"))
    assert office.host.received == []
    assert "loop" in office.host.aside[0][1]


async def test_a_short_code_of_ours_knows_its_country() -> None:
    """Else everybody would be abroad, and nobody's number could be dialled as it is there."""
    config = settings(numbers={"72345": Number(home="US")})
    office = place(config)
    await office.desk.take("main", Inbound("4155550101", "72345", "hi", id="1"))
    assert office.host.received[0].sender == BOB
    check(BOB, config.home("72345"), config.countries)
    with pytest.raises(ValidationError, match="two letters"):
        Number(home="*")


async def test_a_short_code_and_a_name_have_conversations_too(office: Place) -> None:
    await office.desk.take("main", Inbound("262966", OWN, "code 1234", id="1"))
    await office.desk.take("main", Inbound("ACME", OWN, "an offer", id="2"))
    assert [one.sender for one in office.host.received] == ["short-us-262966", "alpha-ACME"]


async def test_a_group_is_one_conversation(office: Place) -> None:
    said = text("hi all", others=("+14155550102", f"+{OWN}"))
    await office.desk.take("main", said)
    answer = Inbound("+14155550102", OWN, "hi", id="2", others=(f"+{BOB}",))
    await office.desk.take("main", answer)
    assert {one.chat.id for one in office.host.received} == {f"{OWN}/{BOB},14155550102"}
    assert [one.sender for one in office.host.received] == [BOB, "14155550102"]


async def test_a_group_is_known_wherever_in_it_we_are_named(office: Place) -> None:
    others = (f"+{OWN}", "+14155550103")
    said = Inbound(f"+{BOB}", "+14155550102", "hi all", id="1", others=others)
    await office.desk.take("main", said)
    (event,) = office.host.received
    assert event.chat.id == f"{OWN}/{BOB},14155550102,14155550103"


@pytest.mark.parametrize("sender", ["", " ", "\x00", "+"])
async def test_who_withholds_the_number_has_a_conversation_too(office: Place, sender: str) -> None:
    await office.desk.take("main", Inbound(sender, OWN, "it is urgent", id="1"))
    (event,) = office.host.received
    talk = conversation(event.chat.id)
    assert talk is not None
    assert shown_name(talk.peers[0]) == "Number withheld"


async def test_the_same_person_is_one_on_two_of_our_numbers() -> None:
    office = place(settings(numbers={OWN: Number(), OTHER_OWN: Number()}))
    for number, own in enumerate((OWN, OTHER_OWN)):
        await office.desk.take("main", Inbound(f"+{BOB}", own, "hi", id=f"{number}"))
    assert {one.sender for one in office.host.received} == {BOB}
    assert len({one.chat.id for one in office.host.received}) == 2


async def test_what_is_told_twice_is_taken_once_also_after_a_restart(office: Place) -> None:
    for _ in range(2):
        await office.desk.take("main", text("hi"))
    later = await office.restarted()
    await later.desk.take("main", text("hi"))
    assert shown(office) == ["hi"]


async def test_what_could_not_be_stored_is_taken_when_it_comes_again(office: Place) -> None:
    office.host.failure = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await office.desk.take("main", text("hi"))
    await office.desk.take("main", text("hi"))
    assert shown(office) == ["hi"]


# Files.


async def test_every_file_of_an_mms_comes_with_its_kind(office: Place) -> None:
    media = (
        Media("https://gateway/1", "application/smil"),
        Media("https://gateway/2", "image/jpeg"),
        Media("https://gateway/3", "text/x-vcard"),
        Media("https://gateway/4", "video/mp4", "../a/b.mp4"),
    )
    await office.desk.take("main", text("look", media=media, subject="Holiday\n2030"))
    (event,) = office.host.received
    assert plain(event.content.text) == "Holiday 2030\nlook"
    files = event.content.attachments
    assert [(one.kind.value, one.name) for one in files] == [
        ("image", "image-2.jpg"),
        ("file", "contact-3.vcf"),
        ("video", "b.mp4"),
    ]
    assert files[0].source == "main|https://gateway/2"


# Parts.


async def test_parts_are_shown_when_they_are_whole(office: Place) -> None:
    for number, words in ((2, "world"), (1, "hello ")):
        part = Part("9", 2, number, to_gsm(words), "gsm7")
        await office.desk.take("main", text("", f"p{number}", part=part))
    assert shown(office) == ["hello world"]


async def test_a_text_in_parts_was_said_when_its_first_part_was(office: Place) -> None:
    at = datetime(2029, 12, 31, tzinfo=UTC)
    for number in (1, 2):
        part = Part("9", 2, number, to_gsm("late "), "gsm7")
        await office.desk.take("main", text("", f"p{number}", part=part, at=at))
        office = await office.restarted()
    assert [one.at for one in office.host.received] == [at]


async def test_the_same_long_text_is_shown_as_often_as_it_is_texted(office: Place) -> None:
    """Under one reference, too: some phones have no other."""
    for which in ("a", "b"):
        for number in (1, 2):
            told = text("", f"{which}{number}", part=Part("9", 2, number, to_gsm("alarm "), "gsm7"))
            for _ in range(2):
                await office.desk.take("main", told)
        office.clock.passes(60)
    assert shown(office) == ["alarm alarm "] * 2


async def test_a_long_text_without_an_id_is_told_again_only_soon_after_a_connect(
    office: Place,
) -> None:
    """As of SMPP: else one that begins like another, under one reference, would lose that."""

    async def tells(words: str) -> None:
        for number, piece in enumerate(("Dear customer, ", words), 1):
            part = Part("9", 2, number, to_gsm(piece), "gsm7")
            told = Inbound(f"+{BOB}", f"+{OWN}", "", fingerprint=piece, part=part)
            await office.desk.take("main", told)

    for again, words in ((False, "x"), (False, "y"), (False, "y"), (True, "y"), (True, "x")):
        office.notes.heard.begins("main")
        office.clock.passes(60 if again else SOON + 1)
        await tells(words)
    assert shown(office) == [f"Dear customer, {words}" for words in "xyy"]
    assert office.notes.joining.due() == []


async def test_what_stays_incomplete_is_shown_with_a_mark(office: Place) -> None:
    await office.desk.take("main", text("", part=Part("9", 2, 1, to_gsm("hello "), "gsm7")))
    office.clock.passes(601)
    await office.desk.show_incomplete()
    (words,) = shown(office)
    assert words.startswith("hello ")
    assert "missing: 2" in words


async def test_a_part_that_cannot_be_is_shown_as_a_text_of_its_own(office: Place) -> None:
    """It would come again and again if it were refused."""
    for number, (which, total) in enumerate(((0, 3), (4, 3), (1, 0))):
        part = Part("9", total, which, to_gsm("odd"), "gsm7")
        for _ in range(2):
            await office.desk.take("main", text("odd", f"p{number}", part=part))
    assert shown(office) == ["odd"] * 3


async def test_what_is_set_aside_is_set_aside_once(office: Place) -> None:
    for _ in range(3):
        await office.desk.take("main", Inbound(f"+{BOB}", "+14155550199", "hi", id="1"))
    assert len(office.host.aside) == 1


# Reactions.


async def test_a_tapback_is_a_reaction_to_what_it_quotes(office: Place) -> None:
    await office.desk.take("main", text("See you at 8"))
    await office.desk.take("main", text("Loved “See you at 8”", "2"))
    await office.desk.take("main", text("Removed a heart from “See you at 8”", "3"))
    reactions = [one.content for one in office.host.received if isinstance(one.content, Reaction)]
    assert reactions == [Reaction("main:1", "❤️"), Reaction("main:1", "❤️", removed=True)]


async def test_a_tapback_to_what_nobody_remembers_is_a_text(office: Place) -> None:
    await office.desk.take("main", text("Loved “long ago”"))
    assert shown(office) == ["Loved “long ago”"]


# Strangers.


async def test_strangers_get_a_room_are_kept_together_or_ignored() -> None:
    for policy, chats, aside in (
        (Strangers.ROOM, [CHAT], 0),
        (Strangers.QUARANTINE, [f"{OWN}/unknown"], 0),
        (Strangers.IGNORE, [], 1),
    ):
        office = place(settings(strangers=policy))
        await office.desk.take("main", text("win a prize"))
        assert [one.chat.id for one in office.host.received] == chats
        assert len(office.host.aside) == aside


async def test_whom_we_have_texted_or_know_by_name_is_no_stranger() -> None:
    office = place(settings(strangers=Strangers.IGNORE))
    await office.notes.standing.meet(OWN, BOB)
    await office.desk.take("main", text("hi"))
    await office.notes.contacts.call("14155550102", "Carol")
    await office.desk.take("main", Inbound("+14155550102", OWN, "hi", id="2"))
    assert len(office.host.received) == 2


async def test_when_something_was_said_is_when_the_gateway_says_so(office: Place) -> None:
    at = datetime(2029, 12, 31, tzinfo=UTC)
    await office.desk.take("main", text("hi", at=at))
    assert office.host.received[0].at == at
