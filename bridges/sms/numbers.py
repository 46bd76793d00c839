"""Who is who on the phone network: numbers, short codes and names, each with one spelling.

A peer is `15551234567` (E.164 without its plus), `short-us-12345` or `alpha-Acme`; a conversation
is `15550001111/15551234567`, our own number first, of a group all others sorted, with commas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    parse,
    region_code_for_number,
)

from bridgekit import Chat, ChatID, RemoteUserID
from bridges.sms.alphabet import clean

SHORTEST, LONGEST_SHORT = 3, 6  # digits of a short code
_LONGEST_NAME = 60  # characters of a name; over the air it has 11 (3GPP TS 23.040, 9.1.2.5)
_PLAIN = re.compile(r"[0-9+][0-9 ()./\u00a0\u2010-\u2015\u202f-]*")
_PEER = re.compile(r"[1-9][0-9]{6,14}|short-[a-z]{2}-[0-9]{1,15}|alpha-[^/,\s]{1,999}")
_WITHHELD = "Number withheld"  # what a sender is called that a gateway does not name
UNKNOWN = "unknown"  # the conversation in which strangers are kept, where the operator wants that


def e164(text: str, region: str | None) -> str | None:
    """The digits of a number, country first; None if it cannot be one.

    `region` is where a number without its country is dialled ("US"); `00…` and punctuation are
    understood.
    """
    try:
        number = parse(text, region)
    except NumberParseException:
        return None
    # Not what is dialled within one place only: that is a short code, or wants an area.
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return format_number(number, PhoneNumberFormat.E164).removeprefix("+")


def peer(text: str, region: str | None, *, international: bool = False) -> RemoteUserID:
    """Who a sender is that a gateway names so.

    `international`: it names numbers with their country but without the plus.
    """
    word = clean(text).strip()
    word = word if word.strip("+") else _WITHHELD
    digits = re.sub(r"\D", "", word)
    if not digits or not _PLAIN.fullmatch(word):
        return RemoteUserID("alpha-" + re.sub(r"[%/,\s]", _escaped, word[:_LONGEST_NAME]))
    if not word.startswith("+") and len(digits) <= LONGEST_SHORT:
        return RemoteUserID(f"short-{(region or 'zz').lower()}-{digits}")
    found = e164(f"+{digits}", None) if international else None
    found = found or _national(word, digits, region)
    return RemoteUserID(found or f"short-{(region or 'zz').lower()}-{digits[:15]}")


def _escaped(letter: re.Match[str]) -> str:
    """What has a meaning in a conversation's ID, so that it is shown as it was."""
    return "".join(f"%{octet:02x}" for octet in letter[0].encode())


def _national(word: str, digits: str, region: str | None) -> str | None:
    """A number as it is dialled here, unless only with its country it is one."""
    here = e164(word, region)
    if here is not None and (word.startswith("+") or _valid(here)):
        return here
    abroad = e164(f"+{digits}", None)
    return abroad if abroad is not None and (here is None or _valid(abroad)) else here


def _valid(digits: str) -> bool:
    try:
        return is_valid_number(parse(f"+{digits}", None))
    except NumberParseException:
        return False


def is_rather(digits: str, others: str) -> bool:
    """Whether the first is a number that somebody can have, and the second is none."""
    return _valid(digits) and not (others.isdecimal() and _valid(others))


def is_short(text: str) -> bool:
    """Whether it can be a short code."""
    return text.isascii() and text.isdecimal() and SHORTEST <= len(text) <= LONGEST_SHORT


def is_peer(text: str) -> bool:
    """Whether this is how we spell somebody."""
    return _PEER.fullmatch(text) is not None


def dialled(user: str) -> str | None:
    """What a gateway is told to send to; None where nobody can answer."""
    if user.startswith("short-"):
        return user.rpartition("-")[2]
    return None if user.startswith("alpha-") else f"+{user}"


def sender(own: str) -> str:
    """What a gateway is told to send from; our own short code has no plus."""
    return f"+{own}" if len(own) > LONGEST_SHORT else own


def shown(user: str) -> str:
    """A peer as people read it."""
    if user.startswith("short-"):
        return user.rpartition("-")[2]
    if user.startswith("alpha-"):
        return unquote(user.removeprefix("alpha-"))
    try:
        return format_number(parse(f"+{user}", None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return f"+{user}"


def region(digits: str) -> str | None:
    """The country of a number; None if it has none (satellites, networks at sea)."""
    try:
        return region_code_for_number(parse(f"+{digits}", None))
    except NumberParseException:
        return None


@dataclass(frozen=True, slots=True)
class Conversation:
    """`own` is our number, `peers` everybody else, sorted."""

    own: str
    peers: tuple[RemoteUserID, ...]

    @property
    def id(self) -> ChatID:
        return ChatID(f"{self.own}/{','.join(self.peers)}")

    @property
    def chat(self) -> Chat:
        return Chat(self.id)

    @property
    def strangers(self) -> bool:
        """Whether this is where unknown senders are kept, whom nobody answers there."""
        return self.peers == (UNKNOWN,)


def conversation(chat: str) -> Conversation | None:
    """What a chat's ID spells; None if it spells none."""
    own, slash, others = chat.partition("/")
    peers = tuple(RemoteUserID(one) for one in others.split(","))
    known = others == UNKNOWN or (all(map(is_peer, peers)) and list(peers) == sorted(set(peers)))
    return Conversation(own, peers) if slash and own.isdecimal() and known else None


def between(own: str, *others: RemoteUserID) -> Conversation:
    """The conversation of our number with these."""
    return Conversation(own, tuple(sorted(set(others))))
