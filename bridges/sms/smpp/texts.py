"""Between texts and the messages of SMPP: alphabets, parts, receipts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from bridges.sms import udh
from bridges.sms.alphabet import Encoding, to_gsm, to_ucs2
from bridges.sms.joining import decode
from bridges.sms.numbers import LONGEST_SHORT
from bridges.sms.provider import Inbound, Outgoing, Part, Report, Told, UnusableError
from bridges.sms.segments import header
from bridges.sms.smpp.pdu import HAS_HEADER, INTERMEDIATE, KIND, RECEIPT, Address, Message, Tag
from bridges.sms.status import Rank, rank_of

_UNKNOWN, _INTERNATIONAL, _NETWORK, _NAME = 0, 1, 3, 5  # types of number (5.2.5)
_ISDN = 1  # numbering plan (5.2.6)
_UCS2 = 8
_ALL, _FAILURES = 1, 2  # which receipts are wanted (5.2.17)
_WIDE = 4  # octets that are read of a number: some write more than the one or two of 5.3.2
_PAYLOAD = 254  # octets beyond which a text is no short message any more
_STATES = {  # 5.2.28
    1: Rank.SENDING,
    2: Rank.DELIVERED,
    3: Rank.EXPIRED,
    4: Rank.CANCELED,
    5: Rank.UNDELIVERED,
    6: Rank.ACCEPTED,
    8: Rank.FAILED,
}
_RECEIPT = re.compile(
    r"\bid:(?P<id>\S+).*?\bstat:(?P<stat>\S+)(?:.*?\berr:(?P<err>\S+))?", re.IGNORECASE | re.DOTALL
)


def address(number: str) -> Address:
    """How a number, short code or name is written."""
    if not number.lstrip("+").isdecimal():
        return Address(_NAME, 0, number)
    if not number.startswith("+") and len(number) <= LONGEST_SHORT:
        return Address(_NETWORK, 0, number)
    return Address(_INTERNATIONAL, _ISDN, number.lstrip("+"))


def spelled(found: Address) -> str:
    """The same, the other way: with its plus where it says that it is international."""
    return f"+{found.number.lstrip('+')}" if found.kind == _INTERNATIONAL else found.number


def messages(said: Outgoing, long: str) -> Iterator[Message]:
    """What is submitted, in order; `long` is how parts are marked: udh, sar or payload.

    A receipt of success is asked for with the last part only, of failure with each.
    """
    source, target = address(said.own), address(said.to[0])
    coding = _UCS2 if said.segments.encoding is Encoding.UCS2 else 0
    total = len(said.segments)
    if total == 1 or long == "payload":
        octets = (to_ucs2 if coding else to_gsm)(said.text)
        if len(octets) > _PAYLOAD or (total > 1 and long == "payload"):
            tags: dict[int, bytes] = {Tag.MESSAGE_PAYLOAD: octets}
            yield Message(source, target, b"", coding, 0, _ALL, tags)
        else:
            yield Message(source, target, octets, coding, 0, _ALL)
        return
    reference = int.from_bytes(sha256(said.txn.encode()).digest()[:2])
    for index in range(total):
        octets, wanted = said.segments.octets(index), _ALL if index + 1 == total else _FAILURES
        if long == "sar":
            tags = {
                Tag.SAR_REFERENCE: reference.to_bytes(2),
                Tag.SAR_TOTAL: bytes([total]),
                Tag.SAR_NUMBER: bytes([index + 1]),
            }
            yield Message(source, target, octets, coding, 0, wanted, tags)
        else:
            before = header(reference, total, index + 1)
            yield Message(source, target, before + octets, coding, HAS_HEADER, wanted)


def told(message: Message, body: bytes) -> Told:
    """What the SMSC delivers: a text, a part of one, or a receipt. Raises `UnusableError`."""
    if message.flags & KIND in (RECEIPT, INTERMEDIATE):
        return _receipt(message)
    part, octets = _part(message)
    coding = _coding(message.coding)
    return Inbound(
        sender=spelled(message.source),
        to=spelled(message.target),
        text=decode(octets, coding),
        id=None,
        part=None if part is None else Part(*part, octets=octets, coding=coding),
        fingerprint=sha256(body).hexdigest()[:32],
    )


def _part(message: Message) -> tuple[tuple[str, int, int] | None, bytes]:
    octets = message.text
    if message.flags & HAS_HEADER:
        head, octets = udh.split(octets)
        found = udh.concatenation(head)
        if found is not None and found.total > 1:
            return (found.reference, found.total, found.number), octets
    tags = message.tags
    if {Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER} <= tags.keys():
        reference, total, number = (
            int.from_bytes(tags[tag][-_WIDE:])
            for tag in (Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER)
        )
        if total > 1:
            return (f"{reference}", total, number), octets
    return None, octets


def _coding(data_coding: int) -> str:
    """3GPP TS 23.038, section 4, and SMPP's own values (5.2.19)."""
    simple = {0: "gsm7", 1: "ascii", 2: "8bit", 3: "latin-1", 4: "8bit"}
    simple |= {5: "shift_jis", 6: "iso-8859-5", 7: "iso-8859-8", 8: "ucs2", 14: "euc_kr"}
    if data_coding in simple:
        return simple[data_coding]
    if data_coding & 0xF0 == 0xF0:  # noqa: PLR2004 (a coding group)
        return "8bit" if data_coding & 0x04 else "gsm7"
    if data_coding & 0xC0 == 0:
        return {0x00: "gsm7", 0x04: "8bit", 0x08: "ucs2"}.get(data_coding & 0x0C, "gsm7")
    return "gsm7"


def _receipt(message: Message) -> Report:
    """By its tags where it has them, else by the text that everybody writes (appendix B)."""
    found = _RECEIPT.search(message.text.decode("latin-1"))
    tags = message.tags
    named = tags.get(Tag.RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("latin-1")
    id_ = named or (found["id"] if found else "")
    state = tags.get(Tag.MESSAGE_STATE, b"")
    rank = _STATES.get(state[0]) if state else None
    if rank is None and found:
        rank = rank_of(found["stat"])
    if not id_ or rank is None:
        raise UnusableError("it is a receipt that names no message, or no state that we know")
    code = found["err"] or "" if found else ""
    own, peer = spelled(message.target), spelled(message.source)
    return Report(id_, own, peer, rank, code.lstrip("0"))
