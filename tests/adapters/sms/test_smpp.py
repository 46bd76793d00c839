"""SMPP: records, alphabets, parts and receipts, and a connection that breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.sms.alphabet import in_gsm
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.joining import decode
from bridges.sms.provider import Inbound, Outgoing, Part, Report, UnusableError
from bridges.sms.segments import segments
from bridges.sms.smpp.pdu import (
    HEADER,
    INTERMEDIATE,
    LONGEST,
    RECEIPT,
    Address,
    MalformedError,
    Message,
    Pdu,
    Tag,
    length_of,
    message,
    unpack,
)
from bridges.sms.smpp.texts import messages, told
from bridges.sms.status import Rank
from tests.fuzz.effort import tries

BOB_THERE, WE_THERE = Address(1, 1, BOB), Address(1, 1, OWN)


def outgoing(text: str, txn: str = "txn") -> Outgoing:
    return Outgoing(f"+{OWN}", (f"+{BOB}",), text, segments(text), txn)


# Records.


@tries(100)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 2**31 - 1),
    st.binary(max_size=300),
    st.integers(0, 255),
)
def test_a_record_is_read_as_it_was_written(
    command: int, sequence: int, body: bytes, status: int
) -> None:
    packed = Pdu(command, sequence, body, status).pack()
    assert length_of(packed[:HEADER]) == len(body)
    assert unpack(packed[:HEADER], packed[HEADER:]) == Pdu(command, sequence, body, status)


@tries(100)
@given(st.binary(max_size=254), st.integers(0, 255), st.binary(max_size=100))
def test_a_message_is_read_as_it_was_written(octets: bytes, coding: int, payload: bytes) -> None:
    one = Message(BOB_THERE, WE_THERE, octets, coding, 0, 1, {Tag.MESSAGE_PAYLOAD: payload})
    assert message(one.pack()) == one


@tries(100)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(body: bytes) -> None:
    try:
        found = message(body)
        told(found, body)
    except (MalformedError, UnusableError):
        pass


@pytest.mark.parametrize("length", [0, HEADER - 1, LONGEST + 1, 2**32 - 1])
def test_a_record_of_no_possible_length_is_malformed(length: int) -> None:
    with pytest.raises(MalformedError):
        length_of(length.to_bytes(4) + bytes(12))


# Texts.


@tries(100)
@given(st.text(max_size=700), st.sampled_from(["udh", "sar", "payload"]))
def test_a_text_of_any_length_comes_out_of_its_parts_again(text: str, long: str) -> None:
    text = text.encode("utf-16", "replace").decode("utf-16").replace("\x1b", "")
    read = []
    for one in messages(outgoing(text), long):
        assert len(one.octets) <= (140 if one.coding else 160)
        assert one.coding == (0 if in_gsm(text) else 8)
        found = told(message(one.pack()), one.pack())
        assert isinstance(found, Inbound)
        read.append(
            found.text if found.part is None else decode(found.part.octets, found.part.coding)
        )
    assert "".join(read) == text


def test_a_receipt_of_success_is_asked_for_with_the_last_part_only() -> None:
    assert [one.registered for one in messages(outgoing("x" * 400), "udh")] == [2, 2, 1]
    assert [one.registered for one in messages(outgoing("x"), "udh")] == [1]


def test_the_parts_of_a_text_that_is_sent_again_are_the_same() -> None:
    first, again = (list(messages(outgoing("x" * 400), "udh")) for _ in range(2))
    assert first == again
    assert list(messages(outgoing("x" * 400, "a third"), "udh")) != first


@pytest.mark.parametrize(
    ("coding", "octets", "text"),
    [
        (0, b"caf\x05 \x1be", "café €"),
        (1, b"plain", "plain"),
        (3, b"caf\xe9", "café"),
        (8, b"\x6f\x22\x5b\x57", "漢字"),
        (0x08 | 0x10, b"\x00a", "a"),
        (0xF1, b"caf\x05", "café"),
        (0xF5, "é".encode(), "é"),
        (4, b"caf\xe9", "café"),
    ],
)
def test_a_text_is_read_in_the_coding_that_it_declares(
    coding: int, octets: bytes, text: str
) -> None:
    one = Message(BOB_THERE, WE_THERE, octets, coding)
    found = told(one, b"")
    assert isinstance(found, Inbound)
    assert found.text == text


def test_a_part_is_known_by_its_header_and_by_its_parameters() -> None:
    by_header = Message(BOB_THERE, WE_THERE, bytes.fromhex("0608041234 0302") + b"hi", 0, 0x40)
    tags = {Tag.SAR_REFERENCE: b"\x12\x34", Tag.SAR_TOTAL: b"\x03", Tag.SAR_NUMBER: b"\x02"}
    by_tags = Message(BOB_THERE, WE_THERE, b"hi", tags=tags)
    wide = {tag: number.rjust(8, b"\0") for tag, number in tags.items()}
    for one in (by_header, by_tags, Message(BOB_THERE, WE_THERE, b"hi", tags=wide)):
        found = told(one, b"")
        assert isinstance(found, Inbound)
        assert found.part == Part("4660", 3, 2, b"hi", "gsm7")


@pytest.mark.parametrize(
    ("text", "tags", "rank"),
    [
        ("id:7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", {}, Rank.DELIVERED),
        ("id:7 sub:001 dlvrd:000 stat:UNDELIV err:042 text:", {}, Rank.UNDELIVERED),
        ("id:7 stat:EXPIRED", {}, Rank.EXPIRED),
        ("ID:7 STAT:REJECTD", {}, Rank.UNDELIVERED),
        ("", {Tag.RECEIPTED_MESSAGE_ID: b"7\0", Tag.MESSAGE_STATE: b"\x02"}, Rank.DELIVERED),
        ("", {Tag.RECEIPTED_MESSAGE_ID: b"7\0", Tag.MESSAGE_STATE: b"\x05"}, Rank.UNDELIVERED),
    ],
)
def test_a_receipt_names_its_message_and_its_state(text: str, tags: Any, rank: Rank) -> None:
    one = Message(BOB_THERE, WE_THERE, text.encode(), 0, RECEIPT, 0, tags)
    found = told(one, b"")
    assert isinstance(found, Report)
    assert (found.id, found.own, found.peer, found.rank) == ("7", f"+{OWN}", f"+{BOB}", rank)


def test_a_receipt_that_says_nothing_is_unusable() -> None:
    with pytest.raises(UnusableError):
        told(Message(BOB_THERE, WE_THERE, b"hello", 0, RECEIPT), b"")


def test_that_a_message_is_on_its_way_is_a_report_and_no_text() -> None:
    tags = {Tag.RECEIPTED_MESSAGE_ID: b"7\0", Tag.MESSAGE_STATE: b"\x01"}
    found = told(Message(BOB_THERE, WE_THERE, b"", 0, INTERMEDIATE, 0, tags), b"")
    assert isinstance(found, Report)
    assert found.rank is Rank.SENDING
