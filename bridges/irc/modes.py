"""Channel modes, pure: what a MODE line changes, and what rank the modes of somebody stand for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridgekit import Rank

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
