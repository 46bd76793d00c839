"""One IRC line: bytes to text, text to its parts, and parts to text that cannot hold a second line.

RFC 1459 §2.3.1 and the IRCv3 message tags. The tags are the `irc` package's to read; its splitting
of parameters is not used, since it takes some formatting codes for blanks.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from irc.message import Tag

from bridgekit import Rejected

LIMIT = 512  # bytes of a line with its CR LF, without tags: RFC 1459 §2.3
_CLIENT_TAGS = 4094  # bytes of the tags that a client may send: IRCv3 message tags
_NO_TAGS: Mapping[str, str] = {}
_ESCAPED = str.maketrans({";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n", "\0": ""})
_FORBIDDEN = frozenset("\r\n\0")
_SPEECH = frozenset({"PRIVMSG", "NOTICE"})  # always with the colon that everybody expects there


class MalformedLineError(ValueError):
    """A line that holds no command."""


@dataclass(frozen=True, slots=True)
class Line:
    """`source` is `nick!user@host`, a server's name, or "" where the line names nobody."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """Who sent it, if that was a person; "" for servers, whose names have a dot."""
        if "!" not in self.source and "." in self.source:
            return ""
        return self.source.partition("!")[0]

    @property
    def mask(self) -> str:
        """The sender's `user@host`; "" for servers."""
        return self.source.partition("!")[2]

    def param(self, index: int) -> str:
        """The parameter at `index`, "" where a sloppy server leaves it out."""
        return self.params[index] if -len(self.params) <= index < len(self.params) else ""


def decode(raw: bytes, *, utf8: bool = False) -> str:
    """The text of a line, whatever its encoding, without NULs.

    IRC names no encoding: UTF-8 where the bytes allow it, else what old clients on Windows send.
    `utf8`: the server says that there is no other (UTF8ONLY), so that nothing is guessed.
    """
    raw = raw.replace(b"\0", b"")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        # A server cuts a long line where its bytes end, be it within a character.
        untagged = raw.partition(b" ")[2] if raw.startswith(b"@") else raw
        if error.reason == "unexpected end of data" and len(untagged) > LIMIT - 8:
            return raw[: error.start].decode()
    if utf8:
        return raw.decode(errors="replace")
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse(text: str) -> Line:
    """The parts of a line without its CR LF; raises `MalformedLineError`."""
    tags: dict[str, str] = {}
    rest = text.lstrip(" ")
    source = ""
    if rest.startswith("@"):
        written, _, rest = rest[1:].partition(" ")
        tags = _tags(written)
        rest = rest.lstrip(" ")
    if rest.startswith(":"):
        source, _, rest = rest[1:].partition(" ")
    middle, colon, last = (" " + rest).partition(" :")
    words = [word for word in middle.split(" ") if word]
    if not words:
        raise MalformedLineError("The line holds no command")
    params = (*words[1:], last) if colon else tuple(words[1:])
    return Line(words[0].upper(), params, source, tags)


def _tags(written: str) -> dict[str, str]:
    parsed = (Tag.parse(_whole(item)) for item in written.split(";") if item)
    return {str(tag["key"]): str(tag["value"] or "") for tag in parsed}


def _whole(item: str) -> str:
    """A tag without a backslash behind which nothing stands."""
    last = len(item) - len(item.rstrip("\\"))
    return item[:-1] if last % 2 else item


def compose(
    command: str, *params: str, tags: Mapping[str, str] = _NO_TAGS, limit: int = LIMIT
) -> str:
    """A line to send, without its CR LF. The last parameter may hold blanks, or nothing.

    Raises `Rejected` where a parameter would end the line, or be taken for two; and where it has
    more than `limit` bytes.
    """
    if any(_needs_colon(word) for word in params[:-1]):
        raise Rejected("IRC has no names that are empty, hold a blank or start with a colon.")
    last = [
        f":{text}" if command in _SPEECH or _needs_colon(text) else text for text in params[-1:]
    ]
    line = single(" ".join([command, *params[:-1], *last]), limit)
    return f"@{_written(tags)} {line}" if tags else line


def single(line: str, limit: int = LIMIT) -> str:
    """`line`, which is one that a server takes; else raises `Rejected`."""
    if not _FORBIDDEN.isdisjoint(line):
        raise Rejected("A line break or a NUL would end the IRC line; leave it out.")
    try:
        size = len(line.encode())
    except UnicodeEncodeError:
        raise Rejected("Half a character cannot be sent; leave it out.") from None
    if size > limit - 2:
        raise Rejected(f"IRC takes at most {limit} bytes in a line; this one would be longer.")
    return line


def _written(tags: Mapping[str, str]) -> str:
    """Tags as they stand in front of a line; raises `Rejected` for too much of them."""
    words = {key: value.translate(_ESCAPED) for key, value in tags.items()}
    text = ";".join(f"{key}={word}" if word else key for key, word in words.items())
    if len(text.encode()) > _CLIENT_TAGS:
        raise Rejected("IRC takes no tags as long as that.")
    return text


def _needs_colon(param: str) -> bool:
    return not param or " " in param or param[0] == ":"


def printable(text: str) -> str:
    """`text` on one line, without controls, formatting codes and marks that turn its direction."""
    if text.isprintable():  # most names; then there is none of these
        return " ".join(text.split())
    kept = (" " if char in "\r\n\t\u2028\u2029" else char for char in text)
    visible = (c for c in kept if unicodedata.category(c) not in _UNSEEN and c not in _TURNING)
    return " ".join("".join(visible).split())


def shortened(text: str, most: int) -> str:
    """`text` without what does not fit into `most` bytes."""
    return text.encode()[: max(most, 0)].decode(errors="ignore")


# Unicode UAX 9: embeddings, overrides, isolates; one left open would turn the rest of the line.
_UNSEEN = frozenset({"Cc", "Cs"})  # controls; halves of a character, which no bytes can carry
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
