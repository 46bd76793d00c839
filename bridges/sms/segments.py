"""How many messages a text is on the phone network, and where it is cut.

Sizes: 3GPP TS 23.038 (140 octets) and TS 23.040, 9.2.3.24.1 (six of them for the header of a part).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridges.sms.alphabet import Encoding, encoding, size, to_gsm, to_ucs2

ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}  # septets, or UTF-16 units
PART = {Encoding.GSM7: 153, Encoding.UCS2: 67}
MOST = 255  # parts that one header can count


@dataclass(frozen=True, slots=True)
class Segments:
    """A text cut into what goes over the air; `parts` joined are the text."""

    encoding: Encoding
    parts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def octets(self, index: int) -> bytes:
        """The user data of one part, without its header; septets unpacked."""
        encode = to_gsm if self.encoding is Encoding.GSM7 else to_ucs2
        return encode(self.parts[index])


def segments(text: str) -> Segments:
    """A text of whatever length; the empty one is one empty part."""
    chosen = encoding(text)
    if measure(text, chosen) <= ALONE[chosen]:
        return Segments(chosen, (text,))
    return Segments(chosen, tuple(_cut(text, chosen)))


def count(text: str) -> int:
    """How many messages are paid for."""
    return len(segments(text))


def measure(text: str, chosen: Encoding) -> int:
    """The length of a text in what the encoding counts."""
    return sum(size(one, chosen) for one in text)


def header(reference: int, total: int, number: int) -> bytes:
    """What tells a phone that this is part `number`, from 1, of `total` (IE 00, 8 bits)."""
    return bytes([5, 0, 3, reference & 0xFF, total, number])


def _cut(text: str, chosen: Encoding) -> Iterator[str]:
    """As full as can be; neither an escape nor a surrogate pair is in two parts."""
    start = used = 0
    for index, character in enumerate(text):
        needed = size(character, chosen)
        if used + needed > PART[chosen]:
            yield text[start:index]
            start, used = index, 0
        used += needed
    yield text[start:]
