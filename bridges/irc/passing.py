"""Lines that a person's connection need not even read: what others say where it does not tell.

Each of the bridge's people in a channel hears every line of it, and in most channels the bot tells
them all: for those lines the first bytes have to do.
"""

from collections.abc import Callable
from functools import lru_cache

from bridgekit import ChatID
from bridges.irc.network import Network, OwnLogin

_SAID = (b"PRIVMSG", b"NOTICE")
_TIED = (b"batch", b"label")  # tags by which a line belongs to others
_WORDS = 3  # source, command, target
_LONGEST = 256  # bytes of these that are remembered; nobody has longer names


def passes(raw: bytes, own: OwnLogin, network: Network, tells: Callable[[ChatID], bool]) -> bool:
    """Whether surely nothing comes of a line, as somebody said it to all in a channel.

    Only where it is of no batch, answers nothing, is not ours, and neither is told nor may have to
    be. Whatever is odd about it is looked into. `tells`: whether this login tells of a channel.
    """
    line = raw
    if raw[:1] == b"@":
        tags, _, line = raw.partition(b" ")
        if any(one in tags for one in _TIED):
            return False
    head, _, text = line.partition(b" :")
    if not text or line[:1] != b":" or len(head) > _LONGEST or b"\0" in raw:
        return False
    said = _said(head)
    if said is None:
        return False
    nick, target = said
    chat = ChatID(target)
    if chat not in own.channels:  # most names are written as they are folded
        chat = ChatID(network.fold(target))
    if chat not in own.channels or own.channels.following or network.listening.stands_in(chat):
        return False
    ours = len(nick) == len(own.me) and network.user(nick) == own.me
    return not ours and not tells(chat)


@lru_cache(1024)  # whoever speaks does so again, and all connections in a channel hear it
def _said(head: bytes) -> tuple[str, str] | None:
    """By which nick, and to whom, by all that is before the text; None: something else, or odd."""
    words = head.split(b" ")
    if len(words) != _WORDS or words[1] not in _SAID:
        return None
    source, _, target = words
    end = source.find(b"!")
    if end < 0 or not (source.isascii() and target.isascii()):
        return None  # how that is spelled depends on all of the line
    return source[1:end].decode(), target.decode()
