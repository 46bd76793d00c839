"""Conversations, whom somebody means, and the commands of the network."""

from __future__ import annotations

import pytest

from bridgekit import (
    Chat,
    ChatID,
    Rank,
    Rejected,
)
from bridges.sms.config import Number, Strangers
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.sending import CHAT, client_of, refused


async def test_a_conversation_is_direct_and_says_which_number_it_is_from(office: Place) -> None:
    info = await client_of(office).chat_info(CHAT.id)
    assert (info.direct, info.name) == (True, "+1 415-555-0101")
    assert info.topic == "From +1 415-555-0100"
    assert info.may_speak is None


async def test_what_cannot_be_answered_is_read_only(office: Place) -> None:
    for chat in (f"{OWN}/alpha-ACME", f"{OWN}/unknown"):
        assert (await client_of(office).chat_info(ChatID(chat))).may_speak is Rank.OWNER


async def test_a_number_in_any_spelling_and_a_contact_lead_to_a_conversation(
    office: Place,
) -> None:
    client = client_of(office)
    await client.command("contact", [f"+{BOB}", "Bob", "Smith"], None)
    for spelled in ("(415) 555-0101", f"+{BOB}", BOB, "bob smith"):
        assert await client.resolve(spelled) == CHAT
    assert await client.resolve("4155550101") == CHAT  # it is no number of Switzerland
    assert (await client.resolve("90999")).id == f"{OWN}/short-us-90999"
    for wrong in ("nobody", "911", "+49 170 1234567"):
        with pytest.raises(Rejected):
            await client.resolve(wrong)


async def test_nobody_texts_our_own_numbers() -> None:
    """What we texted to ourselves would be a loop, and paid for, and be shown nowhere."""
    office = place(settings(numbers={OWN: Number(), OTHER_OWN: Number()}))
    with pytest.raises(Rejected, match="itself"):
        await client_of(office).resolve(f"+{OTHER_OWN}")
    await refused(office, "hi", "itself", chat=Chat(ChatID(f"{OWN}/{OTHER_OWN}")))


async def test_whoever_knows_a_number_of_ours_is_texted_from_that_one() -> None:
    office = place(settings(numbers={OWN: Number(), OTHER_OWN: Number()}))
    await office.notes.standing.meet(OTHER_OWN, BOB)
    assert (await client_of(office).resolve(f"+{BOB}")).id == f"{OTHER_OWN}/{BOB}"


async def test_contacts_are_found_by_parts_of_their_names_and_numbers(office: Place) -> None:
    client = client_of(office)
    await client.command("contact", [f"+{BOB}", "Bob Smith"], None)
    for text in ("smi", "5550101", f"+{BOB}"):
        assert BOB in [one.id async for one in client.search(text)]


# Commands.


async def test_a_contact_has_its_name_at_once(office: Place) -> None:
    answer = await client_of(office).command("contact", [f"+{BOB}", "Bob"], CHAT)
    assert "Bob" in answer
    assert office.host.known == {BOB: "Bob"}


async def test_a_conversation_is_assigned_and_its_room_says_so(office: Place) -> None:
    client = client_of(office)
    await client.command("assign", ["Alice"], CHAT)
    (event,) = office.host.received
    assert event.content.info.topic == "From +1 415-555-0100, assigned to Alice"
    assert (await client.chat_info(CHAT.id)).topic == event.content.info.topic
    await client.command("assign", [], CHAT)
    assert (await client.chat_info(CHAT.id)).topic == "From +1 415-555-0100"


async def test_opting_out_and_in_and_accepting_go_by_command_too() -> None:
    office = place(settings(strangers=Strangers.IGNORE))
    client = client_of(office)
    await client.command("opt-out", [f"+{BOB}"], CHAT)
    await refused(office, "hi", "a command")
    await client.command("opt-in", [f"+{BOB}"], CHAT)
    await client.command("accept", [f"+{BOB}"], CHAT)
    assert await office.notes.standing.known(OWN, BOB)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("contact", []), ("opt-out", ["nobody"]), ("assign", ["x"]), ("no-such", [f"+{BOB}"])],
)
async def test_a_command_that_makes_no_sense_is_answered_with_a_sentence(
    office: Place, name: str, arguments: list[str]
) -> None:
    with pytest.raises(Rejected, match=" "):
        await client_of(office).command(name, arguments, None)
