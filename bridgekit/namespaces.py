"""Which Matrix names are ours, and what each of them stands for: ghosts, aliases, the bot.

The mapping is injective and reversible, so a name needs no table: every remote ID has one MXID
and every MXID of ours one remote ID. The registration claims exactly what is made here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from bridgekit.ids import NetworkName, RemoteUserID, RoomAlias, UserID

MAX_BYTES = 255  # spec appendix "Common identifier format": with sigil and domain
NETWORK_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")  # no "_": it ends the network's prefix

# Spec appendix "Mapping from other character sets": kept as they are in a localpart.
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-/+")
_UPPER = range(ord("A"), ord("Z") + 1)
_LOCALPART_UNIT = re.compile(r"=([0-9a-f]{2})|_([a-z_])|([a-z0-9./+-])")

# An escape is "=" and two hex digits, so "=-" never occurs in escaped text.
_OVERFLOW = re.compile(r"=-[0-9a-f]{32}")
_OVERFLOW_BYTES = len("=-") + 32

# What an alias cannot hold (":" ends the localpart, NUL is forbidden by the spec, Synapse refuses
# white space), what nobody can see, and the escape itself. Ranges, not Unicode categories: those
# change with the Unicode version, and a chat's alias must not.
_ALIAS_ESCAPED = re.compile(
    "[\x00-\x20:=\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_ALIAS_UNIT = re.compile(r"(?:=[0-9a-f]{2})+|[^=]+")


class RemoteUser(NamedTuple):
    """The remote user that a ghost's MXID spells."""

    network: NetworkName
    user: RemoteUserID


class Overflow(NamedTuple):
    """A ghost whose remote ID does not fit into an MXID: the store knows whose it is."""

    network: NetworkName
    localpart: str


class ChatName(NamedTuple):
    """The public name of a chat that an alias spells."""

    network: NetworkName
    name: str


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The names of one application service.

    `networks` are names that match `NETWORK_NAME`; `bot` is the bot's localpart; `appservice` is
    the registration's id. `without_aliases`: networks whose chats have none (`Manifest.aliases`).
    """

    domain: str
    bot: str
    appservice: str
    networks: frozenset[NetworkName]
    without_aliases: frozenset[NetworkName] = frozenset()

    @property
    def bot_mxid(self) -> UserID:
        return UserID(f"@{self.bot}:{self.domain}")

    def ghost(self, network: NetworkName, user: RemoteUserID) -> UserID:
        """The MXID of a remote user's ghost; at most 255 bytes."""
        room = MAX_BYTES - len(f"@:{self.domain}".encode())
        return UserID(f"@{ghost_localpart(network, user, room)}:{self.domain}")

    def remote_user(self, mxid: str) -> RemoteUser | Overflow | None:
        """Whose ghost an MXID is; None if it is nobody's."""
        split = self._split("@", mxid)
        if split is None:
            return None
        network, escaped = split
        if _OVERFLOW.fullmatch(escaped[-_OVERFLOW_BYTES:]):
            return Overflow(network, f"{network}_{escaped}")
        user = _unescape_localpart(escaped)
        return None if user is None else RemoteUser(network, RemoteUserID(user))

    def is_ours(self, mxid: str) -> bool:
        """Whether this is the bot or a ghost."""
        return mxid == self.bot_mxid or self.remote_user(mxid) is not None

    def alias(self, network: NetworkName, name: str) -> RoomAlias | None:
        """The public alias of a chat; None where it has none, by its network, or as its name is
        empty or too long.
        """
        if network in self.without_aliases:
            return None
        alias = f"#{network}_{_ALIAS_ESCAPED.sub(_escape_match, name)}:{self.domain}"
        return RoomAlias(alias) if name and len(alias.encode()) <= MAX_BYTES else None

    def alias_name(self, alias: str) -> ChatName | None:
        """The chat that an alias names; None if the alias is not one that `alias` makes."""
        split = self._split("#", alias)
        if split is None:
            return None
        network, escaped = split
        name = None if network in self.without_aliases else _unescape_alias(escaped)
        return None if not name else ChatName(network, name)

    def private_alias_localpart(self, digest: str) -> str:
        """The localpart of the alias that a room carries only while it is being made.

        `digest` is lower-case hex. It opens with "_", which no network's name does, so it is no
        chat's alias; and it names the application service, so that two of them on one homeserver
        never claim each other's.
        """
        return f"_bridgekit_{self.appservice}_{digest}"

    def private_alias(self, digest: str) -> RoomAlias:
        """See `private_alias_localpart`."""
        return RoomAlias(f"#{self.private_alias_localpart(digest)}:{self.domain}")

    def user_regexes(self) -> tuple[str, ...]:
        """What the registration claims of users: the bot, then each network's ghosts."""
        ghosts = (f"^@{name}_.+:{_quote(self.domain)}$" for name in sorted(self.networks))
        return (f"^@{_quote(self.bot)}:{_quote(self.domain)}$", *ghosts)

    def alias_regexes(self) -> tuple[str, ...]:
        """What the registration claims of aliases: rooms being made, then each network's chats."""
        private = f"^#{_quote(self.private_alias_localpart(''))}[0-9a-f]+:{_quote(self.domain)}$"
        chats = (f"^#{name}_.+:{_quote(self.domain)}$" for name in sorted(self.networks))
        return (private, *chats)

    def _split(self, sigil: str, name: str) -> tuple[NetworkName, str] | None:
        localpart, _, domain = name[1:].partition(":")
        network, _, escaped = localpart.partition("_")
        if not name.startswith(sigil) or domain != self.domain or not escaped:
            return None
        return (NetworkName(network), escaped) if network in self.networks else None


def ghost_localpart(network: NetworkName, user: RemoteUserID, room: int) -> str:
    """`<network>_<escaped>`, or in at most `room` bytes `<network>_<start>=-<hash>`.

    The empty ID takes the second form too: a localpart that is only a prefix is in no namespace.
    """
    data = user.encode("utf-8", "surrogatepass")  # whatever Python holds has a name
    escaped = "".join(map(_escape_byte, data))
    localpart = f"{network}_{escaped}"
    if escaped and len(localpart) <= room:
        return localpart
    start = escaped[: max(0, room - len(f"{network}_") - _OVERFLOW_BYTES)]
    return f"{network}_{start}=-{sha256(data).hexdigest()[:32]}"


def _escape_byte(byte: int) -> str:
    if byte in _KEPT:
        return chr(byte)
    if byte in _UPPER:
        return f"_{chr(byte).lower()}"
    return "__" if byte == ord("_") else f"={byte:02x}"


def _unescape_localpart(escaped: str) -> str | None:
    data = bytearray()
    end = 0
    while unit := _LOCALPART_UNIT.match(escaped, end):
        code, shifted, kept = unit.groups()
        data.append(int(code, 16) if code else ord(shifted.upper() if shifted else kept))
        end = unit.end()
    # A spelling that we would not write ourselves is nobody's: one ID never has two MXIDs.
    canonical = end == len(escaped) and "".join(map(_escape_byte, data)) == escaped
    return _decode(bytes(data)) if canonical else None


def _escape_match(match: re.Match[str]) -> str:
    return "".join(f"={byte:02x}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _unescape_alias(escaped: str) -> str | None:
    pieces: list[str] = []
    end = 0
    while unit := _ALIAS_UNIT.match(escaped, end):
        coded = unit[0].startswith("=")
        piece = _decode(bytes.fromhex(unit[0].replace("=", ""))) if coded else unit[0]
        if piece is None:
            return None
        pieces.append(piece)
        end = unit.end()
    name = "".join(pieces)
    canonical = end == len(escaped) and _ALIAS_ESCAPED.sub(_escape_match, name) == escaped
    return name if canonical else None


def _decode(data: bytes) -> str | None:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _quote(text: str) -> str:
    """Escape for a regular expression, in the dialect that Python, RE2 (Go) and Rust share."""
    return re.sub(r"[.+\[\]]", r"\\\g<0>", text)
