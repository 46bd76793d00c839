"""What people on Matrix do to a channel and to who is in it, as the IRC commands for that. Pure.

https://modern.ircdocs.horse: KICK, MODE, INVITE, PART, TOPIC. An act is a state: done twice it is
as done once, and a server that says that it is so already agrees.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridgekit import ChatID, ChatInfo, Membership, MemberState, Rank, Rejected
from bridges.irc.features import Features
from bridges.irc.modes import ModeChange, changes_to, mask_of
from bridges.irc.wire import LIMIT, printable, shortened

_MODES = 3  # changes in one line, as RFC 1459 §4.2.3 allows
_AROUND = len("KICK   :\r\n")
_GONE = frozenset({"401", "441"})


@dataclass(frozen=True, slots=True)
class Act:
    """A command to a server. `doing` ends the sentence "IRC did not …".

    `already` are the numerics that say that it is so already, `tags` those of IRCv3.
    """

    command: str
    params: tuple[str, ...]
    doing: str
    already: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody: how their nick is written, and their modes in the channel, where they are known.

    `ban` is the mask that is for them, `banned` are those by which they are banned.
    """

    nick: str
    modes: str | None
    ban: str = ""
    banned: tuple[str, ...] = ()


def member_acts(
    chat: ChatID, change: Membership, whom: Whom, source: str, features: Features
) -> list[Act]:
    """For what is done to somebody else; raises `Rejected`. `source` is as whom we write."""
    match change.state:
        case MemberState.KICK:
            return [_kick(chat, change, whom, source, features)]
        case MemberState.BAN:
            mask = whom.ban or mask_of(whom.nick)
            ban = Act("MODE", (chat, "+b", mask), f"ban {whom.nick} from {chat}")
            return [ban, _kick(chat, change, whom, source, features)]
        case MemberState.LEAVE:
            doing = f"lift the ban of {whom.nick} from {chat}"
            masks = whom.banned or (mask_of(whom.nick),)
            return [Act("MODE", (chat, "-b", mask), doing) for mask in masks]
        case MemberState.INVITE:
            doing = f"invite {whom.nick} to {chat}"
            return [Act("INVITE", (whom.nick, chat), doing, frozenset({"443"}))]
        case MemberState.JOIN:
            return _ranked(chat, whom, change.rank, features)


def _kick(chat: ChatID, change: Membership, whom: Whom, source: str, features: Features) -> Act:
    room = LIMIT - _AROUND - len(f":{source} {chat} {whom.nick}".encode())
    reason = shortened(printable(change.reason), min(room, features.kick_length or room))
    params = (chat, whom.nick, reason) if reason else (chat, whom.nick)
    return Act("KICK", params, f"put {whom.nick} out of {chat}", _GONE)


def part(chat: ChatID, reason: str, source: str) -> Act:
    """For leaving a channel."""
    room = LIMIT - _AROUND - len(f":{source} {chat}".encode())
    words = shortened(printable(reason), room)
    params = (chat, words) if words else (chat,)
    return Act("PART", params, f"leave {chat}", frozenset({"403", "442"}))


def _ranked(chat: ChatID, whom: Whom, rank: Rank | None, features: Features) -> list[Act]:
    if rank is None:
        raise Rejected(f"IRC lets nobody bring {whom.nick} into {chat}; invite them.")
    if rank is Rank.MUTED:
        raise Rejected(
            "IRC has no rank for somebody who must not speak; ban them, or put them out."
        )
    changes = changes_to(rank, whom.modes, features.modes)
    already = frozenset() if any(change.added for change in changes) else _GONE
    doing = f"change what {whom.nick} may do in {chat}"
    return [Act("MODE", (chat, *words), doing, already) for words in _lines(changes, whom.nick)]


def _lines(changes: Sequence[ModeChange], nick: str) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(changes), _MODES):
        some = changes[start : start + _MODES]
        letters = "".join(f"{'+' if one.added else '-'}{one.mode}" for one in some)
        yield (letters, *[nick] * len(some))


def chat_acts(chat: ChatID, info: ChatInfo, features: Features) -> list[Act]:
    """For what is changed about a channel; raises `Rejected` for what a channel does not have."""
    if info.name is not None:
        raise Rejected(f"A channel on IRC has no name but {chat}.")
    if info.avatar is not None:
        raise Rejected("A channel on IRC has no picture.")
    acts = []
    if info.topic is not None:
        acts.append(_topic(chat, info.topic, features))
    if info.may_speak is not None:
        # There is one such mode only: moderated, which is for voices and all above them.
        sign = "-" if info.may_speak in (Rank.MUTED, Rank.MEMBER) else "+"
        acts.append(Act("MODE", (chat, f"{sign}m"), f"change who may speak in {chat}"))
    if info.by_invitation is not None:
        sign = "+" if info.by_invitation else "-"
        acts.append(Act("MODE", (chat, f"{sign}i"), f"change who may come into {chat}"))
    return acts


def _topic(chat: ChatID, topic: str, features: Features) -> Act:
    words, room = printable(topic), LIMIT - _AROUND - len(f"TOPIC {chat}".encode())
    most = min(room, features.topic_length or room)
    size = len(words.encode())
    if size > most:
        raise Rejected(
            f"The topic is too long for IRC, which takes {most} bytes; this one has {size}."
        )
    return Act("TOPIC", (chat, words), f"change the topic of {chat}")
