"""Cuts a Matrix message into IRC lines, to the byte of what the server will relay.

A line is relayed as `:nick!user@host COMMAND target :text` with CR LF, 512 bytes in all; what is
longer the server cuts, or (ngIRCd) answers by closing the connection. RFC 1459 §2.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from bridgekit import Limits, MatrixEvent, Message, MessageKind, Rejected, Unit
from bridges.irc.codes import PLAIN, Run, change, encode, merge
from bridges.irc.formatting import nested
from bridges.irc.graphemes import graphemes
from bridges.irc.layout import Line, Spell, lines
from bridges.irc.wire import LIMIT, printable, shortened

LIMITS = Limits(text=400, unit=Unit.BYTES)  # roughly: what is here knows the bytes
_LONGEST_NAME = 64  # bytes of a relayed name: it is in front of every line


@cache  # asked for each message
def limits(pieces: int | None, *, replies: bool) -> Limits:
    """Of a channel that takes so many lines of a message, on a server that has replies or not.

    Most people's programs do not show what a message answers: it is quoted all the same.
    """
    return replace(LIMITS, pieces=pieces, replies=replies, quotes=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """How a message is spoken: the command, and what goes before and after the text."""

    command: str
    opening: str = ""
    closing: str = ""

    def around(self, text: str) -> str:
        return f"{self.opening}{text}{self.closing}"


def frame(event: MatrixEvent[Message]) -> Frame:
    """How to say `event`: a relayed one carries its author's name, an action CTCP's wrapper."""
    kind = event.content.kind
    command = "NOTICE" if kind is MessageKind.NOTICE else "PRIVMSG"
    if event.relayed:
        name = shortened(printable(event.author.name), _LONGEST_NAME) or "somebody"
        return Frame(command, f"* {name} " if kind is MessageKind.EMOTE else f"<{name}> ")
    if kind is MessageKind.EMOTE:
        return Frame(command, "\x01ACTION ", "\x01")
    return Frame(command)


def budget(spoken: Frame, source: str, target: str, limit: int = LIMIT) -> int:
    """The bytes left for the text of one line from `source` (`nick!user@host`) to `target`.

    A line has at most `limit` bytes (LINELEN).
    """
    around = f":{source} {spoken.command} {target} :{spoken.around('')}\r\n"
    return limit - len(around.encode())


def parts(
    event: MatrixEvent[Message], source: str, spell: Spell, most: int, limit: int = LIMIT
) -> list[Message]:
    """One message per line, in order; `Rejected` where there is nothing, or more than `most`."""
    available = budget(frame(event), source, event.chat.id, limit)
    text = lines(event.content.text, spell)
    if not text:
        raise Rejected("This message has no text that IRC could show.")
    if len(text) == 1 and len(encode(text[0]).encode()) <= available:
        return [event.content]
    least = sum(len(run[0].encode()) for line in text for run in line) // available
    found = list(islice(_cut_all(text, available), most + 1)) if least <= most else []
    if not 0 < len(found) <= most:
        raise Rejected(
            f"This message is too long for IRC: it needs more than {most} lines. Send it in"
            " smaller pieces, or as a file or a link.",
        )
    return [replace(event.content, text=nested(part)) for part in found]


def _cut_all(text: list[Line], available: int) -> Iterator[Line]:
    for line in text:
        yield from cut(line, available)


def cut(line: Line, available: int, *, keep: bool = False) -> Iterator[Line]:
    """Pieces whose encoded form takes at most `available` bytes each; at blanks where there are.

    Styles go on in the next piece, which pays for their codes again. No character that people see
    as one is cut, unless it alone is too long. `keep` the blanks where it is cut, too.
    """
    if len(encode(line).encode()) <= available:
        yield line
        return
    rest = [(char, style) for text, style in line for char in graphemes(text)]
    start = 0
    while start < len(rest):
        end = _end(rest, start, available)
        stop = end
        if end < len(rest) and not rest[end][0].isspace():
            blanks = (at for at in range(end - 1, start, -1) if rest[at][0].isspace())
            stop = next(blanks, end - keep) + keep
        piece = merge(rest[start:stop]) if keep else _trimmed(rest[start:stop])
        if piece:
            yield piece
        start = stop
        while not keep and start < len(rest) and rest[start][0].isspace():
            start += 1


def _end(rest: list[Run], start: int, available: int) -> int:
    """The first index whose character no longer fits behind those from `start` on."""
    size, current = 0, PLAIN
    for index in range(start, len(rest)):
        char, style = rest[index]
        size += len((change(current, style, char) + char).encode())
        if size > available and index > start:
            return index
        if size > available and len(char) > 1:  # a letter under a heap of marks
            rest[index : index + 1] = [(point, style) for point in char]
            return _end(rest, start, available)
        current = style
    return len(rest)


def _trimmed(piece: list[Run]) -> Line:
    while piece and piece[-1][0].isspace():
        piece.pop()
    return merge(piece)
