"""Names that IRC takes: a nick and a user name for a Matrix person, and what is a nick at all."""

import re
import string
import unicodedata
from collections.abc import Iterator

DEFAULT_LENGTH = 9  # RFC 1459 §1.2, where the server says nothing of NICKLEN
_LONGEST = 64  # nobody allows more; keeps a hostile name from filling a line

_ALLOWED = frozenset(string.ascii_letters + string.digits + "[]^\\{}-`_|")
_NOT_FIRST = frozenset(string.digits + "-")  # RFC 1459 §2.3.1: a letter; RFC 2812: or a special

# What could not stand in a `nick!user@host`, a list of targets, a mask or the start of a channel;
# networks that allow UTF-8 in nicks forbid these too.
_NEVER_IN_NICK = re.compile(r"[\s!@#&,:*?.\x00-\x1f\x7f\ud800-\udfff]|^[+$%~-]")
_NEVER_IN_CHANNEL = re.compile(r"[ ,\x00-\x1f\x7f\ud800-\udfff]")
_CHANNEL_BYTES = 200  # RFC 1459 §1.3
_USER_LENGTH = 10


def nick_for(name: str, localpart: str, template: str = "{name}") -> str | None:
    """The nick for somebody shown as `name`; None if neither it nor `localpart` has a usable one.

    `template` holds `{name}`, which is that name, or else the localpart; or `{localpart}`.
    """
    kept = _valid(name) or _valid(localpart)
    local = _valid(localpart) or kept
    if not kept:
        return None
    marked = template.replace("{name}", "\0").replace("{localpart}", "\1")
    return usable(_valid(marked, "\0\1").replace("\0", kept).replace("\1", local))[:_LONGEST]


def _valid(text: str, also: str = "") -> str:
    # NFKD, so that an accented letter leaves its letter behind rather than nothing.
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c in _ALLOWED or c in also)


def usable(nick: str) -> str:
    """`nick` with a first character that every server takes."""
    return f"M{nick}" if not nick or nick[0] in _NOT_FIRST else nick


def alternatives(nick: str, length: int) -> Iterator[str]:
    """`nick`, then what to try where it is taken, always the same; none is longer than `length`."""
    for suffix in ("", "_", *(f"_{number}" for number in range(2, 10))):
        yield nick[: length - len(suffix)] + suffix


def user_for(localpart: str) -> str:
    """The user name ("ident") for a Matrix localpart: ASCII, short, never empty."""
    kept = re.sub(r"[^a-z0-9._-]", "", localpart.lower()).lstrip("._-")
    return kept[:_USER_LENGTH] or "matrix"


def users(wanted: str, most: int) -> Iterator[str]:
    """`wanted`, then what to take where that is somebody else's; none is longer than it may be."""
    yield wanted
    for number in range(1, most):
        suffix = f"_{number}"
        yield wanted[: _USER_LENGTH - len(suffix)] + suffix


def is_nick(text: str) -> bool:
    """Whether somebody on IRC could go by this name (generous: networks differ)."""
    return not _NEVER_IN_NICK.search(text) and 0 < len(text.encode()) <= _LONGEST


def is_channel(text: str) -> bool:
    """Whether this could be a channel that is bridged: those with `#`, shared by all servers."""
    return (
        text.startswith("#")
        and not _NEVER_IN_CHANNEL.search(text)
        and 1 < len(text.encode()) <= _CHANNEL_BYTES
    )
