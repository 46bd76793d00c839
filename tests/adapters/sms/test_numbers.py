"""Every spelling of a number is the same person, and conversations have one ID."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridges.sms.config import SMSConfig
from bridges.sms.numbers import between, conversation, dialled, e164, is_peer, peer, region, shown
from tests.adapters.sms.office import OWN
from tests.fuzz.effort import tries


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("+49 170 1234567", None, "491701234567"),
        ("0170/123 45 67", "DE", "491701234567"),
        ("0049 (170) 123-4567", "DE", "491701234567"),
        ("011 49 170 1234567", "US", "491701234567"),
        ("(415) 555-0101", "US", "14155550101"),
        ("415.555.0101", "US", "14155550101"),
        ("1\u2011415\u2011555\u20110101", "US", "14155550101"),
        ("+1 415 555 0101", "DE", "14155550101"),
        ("12", "US", None),
        ("112", "DE", None),
        ("60777", "GB", None),
        ("555-0101", "US", None),
        ("not a number", "US", None),
        ("+", None, None),
    ],
)
def test_a_number_has_one_spelling(written: str, region: str | None, expected: str | None) -> None:
    assert e164(written, region) == expected


@pytest.mark.parametrize(
    ("sender", "region", "international", "expected"),
    [
        ("+14155550101", "US", False, "14155550101"),
        ("14155550101", "US", False, "14155550101"),
        ("14155550101", "DE", True, "14155550101"),
        ("491701234567", "US", False, "491701234567"),
        ("01701234567", "DE", False, "491701234567"),
        ("12345", "US", False, "short-us-12345"),
        ("+12345", "US", False, "short-us-12345"),
        ("262966", None, True, "short-zz-262966"),
        ("ACME", "US", False, "alpha-ACME"),
        ("T-Mobile", "DE", False, "alpha-T-Mobile"),
        ("Dr. No/2", "US", False, "alpha-Dr.%20No%2f2"),
        ("  ACME ", "US", False, "alpha-ACME"),
    ],
)
def test_a_sender_is_a_number_a_short_code_or_a_name(
    sender: str,
    region: str | None,
    international: bool,  # noqa: FBT001 (a row of the table)
    expected: str,
) -> None:
    assert peer(sender, region, international=international) == expected


@pytest.mark.parametrize("number", ["4155550100", "04155550100", "1234567", "ACME", "+1415"])
def test_a_number_of_ours_without_its_country_is_told(number: str) -> None:
    with pytest.raises(ValidationError, match="write its country too"):
        SMSConfig(providers={"twilio": {}}, numbers={number: {}})


@pytest.mark.parametrize("number", ["+14155550100", "+1 415 555 0100", "14155550100"])
def test_a_number_of_ours_has_one_spelling_too(number: str) -> None:
    assert list(SMSConfig(providers={"twilio": {}}, numbers={number: {}}).numbers) == [OWN]


def test_a_name_cannot_be_answered_and_the_others_can() -> None:
    assert dialled("14155550101") == "+14155550101"
    assert dialled("short-us-12345") == "12345"
    assert dialled("alpha-ACME") is None


def test_people_read_numbers_as_they_are_written_in_their_country() -> None:
    assert shown("14155550101") == "+1 415-555-0101"
    assert shown("short-us-12345") == "12345"
    assert shown("alpha-ACME") == "ACME"
    assert shown(peer("My Bank, 100% safe/2", "US")) == "My Bank, 100% safe/2"
    assert is_peer(peer("My\u3000Bank", "US"))
    assert region("14155550101") == "US"
    assert region("491701234567") == "DE"


def test_a_group_is_one_conversation_whatever_order_its_people_are_named_in() -> None:
    one = between("14155550100", peer("+14155550102", None), peer("+14155550101", None))
    other = between("14155550100", peer("+14155550101", None), peer("+14155550102", None))
    assert one.id == other.id == "14155550100/14155550101,14155550102"
    assert conversation(one.id) == one


@pytest.mark.parametrize(
    "chat", ["", "14155550100", "14155550100/", "x/14155550101", "1415/b,a", "14155550100/1/2"]
)
def test_what_is_no_conversation_is_known_as_such(chat: str) -> None:
    assert conversation(chat) is None


@tries(100)
@given(st.text(max_size=30), st.sampled_from(["US", "DE", None]))
def test_whoever_texts_has_an_id_that_a_conversation_can_hold(sender: str, region: str) -> None:
    if not sender.strip():
        return
    user = peer(sender, region)
    talk = between("14155550100", user)
    if is_peer(user):
        assert conversation(talk.id) == talk


@example("+")
@tries(100)
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_every_sender_is_spelled_as_a_peer(sender: str) -> None:
    assert is_peer(peer(sender, "US"))
