"""An SMSC that says anything: stored or set aside, or the connection ends as one that is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bridges.sms.desk import AtGateway
from bridges.sms.providers.smpp import SMPP
from bridges.sms.settings import ProviderSettings
from bridges.sms.smpp.link import _GONE, Account, Link
from bridges.sms.smpp.pdu import Address, Command, Message, Pdu, Status, Tag, length_of, unpack
from bridges.sms.udh import concatenation, split
from tests.adapters.sms.office import BOB, OWN, place, settings
from tests.adapters.sms.test_signatures import Twilio, gateway
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT
from tests.fuzz.test_sms import well

_PDUS = st.builds(
    lambda command, sequence, body, status: Pdu(command, sequence, body, status).pack(),
    st.sampled_from([*Command, *(one | 0x8000_0000 for one in Command)])
    | st.integers(0, 2**32 - 1),
    st.integers(0, 3) | st.integers(0, 2**32 - 1),
    st.binary(max_size=30),
    st.sampled_from([*Status]) | st.integers(0, 2**32 - 1),
)


class Written:
    """What we say there, read as the SMSC would."""

    def __init__(self) -> None:
        self.pdus: list[Pdu] = []

    def write(self, data: bytes) -> None:
        assert length_of(data[:16]) == len(data) - 16
        self.pdus.append(unpack(data[:16], data[16:]))

    def is_closing(self) -> bool:
        return False


@tries(60)
@given(st.lists(_PDUS | st.binary(max_size=20), max_size=8))
@example([b"\xff" * 16])
@example([Pdu(0xFFFF_FFFF, 1).pack(), Pdu(Command.DELIVER_SM, 2, b"x").pack()])
def test_whatever_an_smsc_says_is_answered_in_order_until_it_is_gone(stream: list[bytes]) -> None:
    async def talked() -> None:
        reader, written = asyncio.StreamReader(), Written()
        writer: Any = written
        reader.feed_data(b"".join(stream))
        reader.feed_eof()
        delivered: list[Pdu] = []

        async def deliver(pdu: Pdu) -> Status:
            delivered.append(pdu)
            return Status.OK

        link = Link(Account("smsc", 2775, None, "user", "password"), reader, writer)
        with suppress(*_GONE):
            await link.run(deliver, lambda _: None)
        answered = [one for one in written.pdus if one.command == Command.DELIVER_SM | 0x8000_0000]
        assert [one.sequence for one in answered] == [one.sequence for one in delivered]

    asyncio.run(talked())


_STATE = st.sampled_from(["DELIVRD", "UNDELIV", "x"]) | TEXT
_THERE, _US = Address(1, 1, BOB), Address(1, 1, OWN)
_HEADERS = st.builds(
    lambda kind, data: bytes([len(data) + 2, kind, len(data)]) + data,
    *(st.sampled_from([0, 8, 1]), st.binary(min_size=3, max_size=4)),
)
_TAGS = st.dictionaries(st.sampled_from([*Tag, 7]), st.binary(max_size=5), max_size=5)
_MESSAGES = st.builds(
    lambda octets, coding, flags, tags: Message(_THERE, _US, octets, coding, flags, 0, tags).pack(),
    st.binary(max_size=100) | st.builds(bytes.__add__, _HEADERS, st.binary(max_size=100)),
    st.integers(0, 255) | st.sampled_from([0, 8]),
    st.integers(0, 255) | st.sampled_from([0, 0x40, 4]),
    _TAGS,
)
_RECEIPTS = st.builds(
    lambda text: Message(_THERE, _US, text.encode("utf-8", "surrogatepass")[:254], flags=4).pack(),
    st.builds("id:{} stat:{} err:{}".format, TEXT, _STATE, TEXT) | TEXT,
)
_SAR = dict.fromkeys((Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER), b"\x7f" * 4000)


@tries(100)
@given(st.lists(_MESSAGES | _RECEIPTS | st.binary(max_size=100), max_size=6))
@example([Message(_THERE, _US, b"one part", tags=_SAR).pack()])
@example([Message(_THERE, _US, b"one", tags={**_SAR, Tag.SAR_NUMBER: b"\x01"}).pack()])
def test_whatever_an_smsc_delivers_is_answered_as_stored(bodies: list[bytes]) -> None:
    """Else it would tell the same again, for ever."""

    async def delivered() -> None:
        office = place(settings())
        ear = AtGateway(office.desk, office.notes.heard, "main")
        account = ProviderSettings(user="user", api_url="smpp://smsc.example.org")
        smpp = SMPP(account, gateway(Twilio).around)
        for number, body in enumerate(bodies):
            pdu = Pdu(Command.DELIVER_SM, number, body)
            assert await smpp._deliver(pdu, ear) == Status.OK
        await well(office, sum(map(len, bodies)))

    asyncio.run(delivered())


@tries(100)
@given(st.binary(max_size=60))
def test_any_header_says_something_of_parts_or_nothing(octets: bytes) -> None:
    head, rest = split(octets)
    assert head + rest == octets
    found = concatenation(head)
    assert found is None or (0 <= found.number <= 255 and 0 <= found.total <= 255)
