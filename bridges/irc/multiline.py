"""A message of several lines as one: IRCv3 draft/multiline, where a server takes it. Pure.

A line that is too long goes on in the next, with nothing left out: who knows the extension puts
them together again, and everybody else sees the lines.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bridgekit import LineBreak, Message, RichText
from bridges.irc.codes import encode, merge
from bridges.irc.formatting import nested
from bridges.irc.layout import Line
from bridges.irc.split import cut

CAPABILITY = "draft/multiline"
CONCAT = "draft/multiline-concat"
_NEEDED = frozenset({CAPABILITY, "batch", "labeled-response"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A line as it is sent; `goes_on`: it is the rest of the one before. `of` is which it is of."""

    line: Line
    of: int
    goes_on: bool

    @property
    def text(self) -> str:
        return encode(self.line)


@dataclass(frozen=True, slots=True)
class Most:
    """What one message may have: bytes, with one for each break between lines, and lines."""

    bytes: int
    lines: int

    def fits(self, pieces: Sequence[Piece]) -> bool:
        size = sum(len(piece.text.encode()) for piece in pieces)
        breaks = sum(not piece.goes_on for piece in pieces[1:])
        return len(pieces) <= self.lines and size + breaks <= self.bytes


def most(capabilities: Mapping[str, str]) -> Most | None:
    """From the capabilities that a server granted, with their values; None: it takes none."""
    if not capabilities.keys() >= _NEEDED:
        return None
    items = (item.partition("=") for item in capabilities[CAPABILITY].split(","))
    limits = {name: int(value) for name, _, value in items if value.isascii() and value.isdigit()}
    if not (size := limits.get("max-bytes", 0)):
        return None
    return Most(size, limits.get("max-lines", size))


def pieces(text: Iterable[Line], available: int) -> Iterator[Piece]:
    """Lines to send, of at most `available` bytes each."""
    for index, line in enumerate(text):
        for number, part in enumerate(cut(line, available, keep=True)):
            yield Piece(part, index, number > 0)


def messages(whole: Message, found: Sequence[Piece], limit: Most) -> list[Message]:
    """As few as can be that hold these lines: each is sent as one."""
    groups: list[list[Piece]] = [[]]
    for piece in found:
        if groups[-1] and not limit.fits([*groups[-1], piece]):
            groups.append([])
        groups[-1].append(piece)
    said = (group for group in groups if any(piece.text.strip() for piece in group))
    return [replace(whole, text=_text(group)) for group in said]


def _text(group: Sequence[Piece]) -> RichText:
    """The lines as they were before they were cut."""
    nodes: RichText = ()
    for _, parts in groupby(group, key=lambda piece: piece.of):
        line = merge([run for piece in parts for run in piece.line])
        nodes += ((LineBreak(),) if nodes else ()) + nested(line)
    return nodes
