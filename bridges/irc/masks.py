"""Whom a ban is for: `nick!user@host`, and masks of it with `*` and `?`. Pure.

https://modern.ircdocs.horse/#mask-syntax.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bridges.irc.modes import mask_of


@dataclass(frozen=True, slots=True)
class Source:
    """The parts of a line's source; "" for what it does not hold."""

    nick: str
    user: str = ""
    host: str = ""

    def __str__(self) -> str:
        return f"{self.nick}!{self.user}@{self.host}"


def taken_apart(source: str) -> Source:
    """`nick!user@host`, `nick@host`, `nick!user` or `nick`."""
    rest, _, host = source.partition("@")
    nick, _, user = rest.partition("!")
    return Source(nick, user, host)


def matching(mask: str, fold: Callable[[str], str] = str) -> Callable[[str], bool]:
    """Tells whether a mask is for somebody; `fold` is the network's case mapping.

    Anybody may set a mask, so each character of a source is looked at once, whatever the mask is.
    Bit n of `reached` is set when the first n characters of the mask, less its stars, are met.
    """
    fits: dict[str, int] = {}  # by character, where it may stand
    anything = stars = length = 0
    for char in fold(mask):
        here = 1 << length
        match char:
            case "*":
                stars |= here
                continue
            case "?":
                anything |= here
            case _:
                fits[char] = fits.get(char, 0) | here
        length += 1

    def matches(source: str) -> bool:
        reached = 1
        for char in fold(source):
            reached = (reached & (fits.get(char, 0) | anything)) << 1 | reached & stars
        return bool(reached >> length)

    return matches


def ban_of(whom: Source, others: Collection[Source]) -> str:
    """The widest mask that bans somebody, and none of `others`.

    A host is theirs alone as a rule, and harder to change than a nick. A gateway has many people
    with one host, and then a user name for each; where nothing is known, there is the nick.
    """
    if whom.host and not any(other.host == whom.host for other in others):
        return f"*!*@{whom.host}"
    sure = whom.host and whom.user and not whom.user.startswith("~")
    if sure and not any((o.user, o.host) == (whom.user, whom.host) for o in others):
        return f"*!{whom.user}@{whom.host}"
    return mask_of(whom.nick)
