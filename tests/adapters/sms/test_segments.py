"""How texts are cut: to the septet, and never within a character.

The long form, 100 000 texts, is `HYPOTHESIS`-free: a seed, and characters from every corner.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from bridges.sms.alphabet import Encoding, from_gsm, from_ucs2, in_gsm, spelt, to_gsm
from bridges.sms.outbound import parts, prefix, text_of
from bridges.sms.segments import ALONE, PART, count, header, measure, segments
from tests.adapters.sms.office import settings
from tests.adapters.sms.sending import saying

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1, typed from the standard: row by row, escape left out.
DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
TEXTS = int(os.environ.get("SMS_TEXTS", "3000"))


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert len(DEFAULT) == 128
    for code, character in enumerate(DEFAULT):
        if character != "\x1b":
            assert to_gsm(character) == bytes([code])
            assert from_gsm(bytes([code])) == character
    for code, character in EXTENSION.items():
        assert to_gsm(character) == bytes([0x1B, code])
        assert from_gsm(bytes([0x1B, code])) == character
    everything = set(DEFAULT) - {"\x1b"} | set(EXTENSION.values())
    assert {chr(one) for one in range(0x11000) if in_gsm(chr(one))} == everything


def test_an_escape_that_nobody_defined_shows_the_letter_behind_it() -> None:
    assert from_gsm(b"a\x1bb") == "ab"
    assert from_gsm(b"\x1b") == ""
    assert from_gsm(b"a\x80") == "a\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 159 + "я", 3),
    ],
)
def test_a_text_is_as_many_messages_as_carriers_count(text: str, expected: int) -> None:
    assert count(text) == expected


def test_an_escape_is_never_in_two_parts() -> None:
    cut = segments("a" * 152 + "€" + "b" * 20)
    assert cut.parts == ("a" * 152, "€" + "b" * 20)


def test_a_surrogate_pair_is_never_in_two_parts() -> None:
    cut = segments("я" * 66 + "😀" + "я" * 20)
    assert cut.parts == ("я" * 66, "😀" + "я" * 20)
    assert all(len(cut.octets(index)) <= 134 for index in range(len(cut)))


def test_a_header_says_which_part_of_what_it_is() -> None:
    assert header(0x1234, 3, 2) == bytes([5, 0, 3, 0x34, 3, 2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u201cQuoted\u201d \u2013 it\u2019s \u2026", '"Quoted" - it\'s ...'),
        ("a\u00a0b\u200bc", "a bc"),
        ("cafe\u0301", "café"),
        ("“Quoted” 漢字", "“Quoted” 漢字"),
        ("plain", "plain"),
    ],
)
def test_punctuation_is_written_plainly_only_where_that_saves_the_whole(
    text: str, expected: str
) -> None:
    assert spelt(text) == expected


def texts() -> list[str]:
    """Of all lengths around the limits, of one alphabet or of all; the same in every run."""
    rng = random.Random(20261121)
    gsm = DEFAULT.replace("\x1b", "") + "".join(EXTENSION.values()) * 3
    marks = "\u201c\u201d\u2026\u2013\u00a0\ud7ff\ue000\uffff\u200d\u0301"
    odd = "яж漢字שלא😀👩👧🏳️\U0001f1e9\U0001f1ea" + marks
    kinds = (gsm, odd, gsm + odd, gsm * 5 + odd)
    return [
        "".join(
            rng.choices(rng.choice(kinds), k=rng.choice((rng.randrange(12), 70, 160, 320, 999)))
        )
        for _ in range(TEXTS)
    ]


def test_no_message_that_a_gateway_is_given_is_larger_than_it_takes_and_no_word_is_lost() -> None:
    config = settings(segments=255, transliterate=False)
    for text in texts()[::50]:
        said = saying(text, relayed=len(text) % 2 == 0)
        for most in (1, 2, 10):
            cut = [replace(said, content=one) for one in parts(said, config, most)]
            sent = [text_of(one, config) for one in cut]
            assert all(count(one) <= most for one in sent)
            before = prefix(said, config)
            words = "".join(one.removeprefix(before) for one in sent)
            whole = text_of(said, config).removeprefix(before)
            assert "".join(words.split()) == "".join(whole.split())


def test_no_generated_text_is_cut_wrongly_or_counted_wrongly() -> None:
    """`SMS_TEXTS=100000` for the long form."""
    for text in texts():
        cut = segments(text)
        assert "".join(cut.parts) == text
        assert len(cut) == count(text)
        gsm = cut.encoding is Encoding.GSM7
        assert gsm is in_gsm(text)
        most = ALONE[cut.encoding] if len(cut) == 1 else PART[cut.encoding]
        octets = [cut.octets(index) for index in range(len(cut))]
        read = from_gsm if gsm else from_ucs2
        for part, encoded in zip(cut.parts, octets, strict=True):
            assert len(encoded) == measure(part, cut.encoding) * (1 if gsm else 2)
            assert len(encoded) // (1 if gsm else 2) <= most
            assert read(encoded) == part  # whole characters, pairs and escapes
        assert read(b"".join(octets)) == text
        # As few as can be: no part would have had room for the next one's first character.
        for one, following in zip(cut.parts, cut.parts[1:], strict=False):
            assert measure(one + following[0], cut.encoding) > most
