"""Channel modes, pure: what a MODE line changes, and what rank the modes of somebody stand for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridgekit import Rank
from bridges.irc.nicks import is_nick

_ANYBODY = "!*@*"  # with this nick, from wherever
_ORDER = list(Rank)  # from least to most
_RANKS = {
    "q": Rank.OWNER,
    "a": Rank.ADMIN,
    "o": Rank.MODERATOR,
    "h": Rank.MODERATOR,
    "v": Rank.VOICE,
}


def rank_of(modes: Iterable[str]) -> Rank:
    """The rank of the highest of these modes."""
    return next((rank for mode, rank in _RANKS.items() if mode in modes), Rank.MEMBER)


@dataclass(frozen=True, slots=True)
class ModeChange:
    """`argument` is whom, or to what, it applies; "" where the mode needs none."""

    added: bool
    mode: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class ModeKinds:
    """What a server says in PREFIX and CHANMODES; the letters of each kind.

    `people` and `always` come with an argument, `setting` only when they are set.
    """

    people: str = "ov"
    always: str = "beIk"
    setting: str = "l"


def kinds(prefix: Mapping[str, str], chanmodes: Sequence[str]) -> ModeKinds:
    """From the marks of PREFIX with their modes, and the four lists of CHANMODES (A, B, C, D)."""
    people = "".join(prefix.values()) or ModeKinds().people
    if len(chanmodes) < 3:  # noqa: PLR2004 -- A, B and C; not told
        return ModeKinds(people)
    return ModeKinds(people, chanmodes[0] + chanmodes[1], chanmodes[2])


def mode_changes(words: Sequence[str], known: ModeKinds) -> Iterator[ModeChange]:
    """The changes of a MODE line, without its channel; what lacks its argument is left out."""
    arguments = iter(words[1:])
    added = True
    for letter in words[0] if words else "":
        if letter in "+-":
            added = letter == "+"
            continue
        takes = letter in known.people + known.always or (added and letter in known.setting)
        argument = next(arguments, "") if takes else ""
        if argument or not takes:
            yield ModeChange(added, letter, argument)


def changes_to(rank: Rank, held: str | None, known: ModeKinds) -> list[ModeChange]:
    """What gives somebody just this rank; `held` are their modes (None: nobody knows).

    A server that lacks the mode of a rank has the next one below it.
    """
    ranked = [mode for mode in known.people if mode in _RANKS]  # the highest first
    above = [mode for mode in ranked if _ORDER.index(_RANKS[mode]) > _ORDER.index(rank)]
    gone = [ModeChange(added=False, mode=mode) for mode in above if held is None or mode in held]
    wanted = next((mode for mode in ranked if mode not in above), "")
    same = [mode for mode in ranked if wanted and _RANKS[mode] is _RANKS[wanted]]
    enough = not wanted or any(mode in (held or "") for mode in same)
    return gone if enough else [*gone, ModeChange(added=True, mode=wanted)]


def mask_of(nick: str) -> str:
    """What bans whoever goes by this nick. Nothing else of them is known to Matrix."""
    return f"{nick}{_ANYBODY}"


def nick_in(mask: str) -> str | None:
    """The nick of a mask that is for one nick and nothing else."""
    nick = mask.removesuffix(_ANYBODY)
    return nick if nick != mask and is_nick(nick) else None
