"""What people have set for themselves: whom they ignore, and whether their nick calls them."""

from collections.abc import Callable

from bridgekit import LoginID, Rejected
from bridges.irc.masks import matching
from bridges.irc.modes import mask_of
from bridges.irc.nicks import is_nick
from bridges.irc.remembered import Remembered
from bridges.irc.wire import LIMIT

_MOST = 100  # masks that one person may have set


class Personal:
    """Of one network. `fold` is its case mapping; what is known outlives a restart."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.known = Remembered("people")
        self._fold = fold

    def ignored(self, login: LoginID) -> list[str]:
        """The masks of whom somebody ignores."""
        return (self.known[f"{login} ignores"] or "").split()

    def ignore(self, login: LoginID, whom: str) -> str:
        """`whom` is a nick or a mask; returns the mask. Raises `Rejected` for too much."""
        mask = _mask(whom)
        others = [one for one in self.ignored(login) if one != mask]
        if len(others) >= _MOST:
            raise Rejected(f"You ignore {_MOST} already; unignore somebody first.")
        if len(mask.encode()) > LIMIT:
            raise Rejected("That mask is longer than anybody's on IRC.")
        self._keep(login, [*others, mask])
        return mask

    def hear(self, login: LoginID, whom: str) -> bool:
        """Whether they were ignored until now."""
        before, mask = self.ignored(login), _mask(whom)
        self._keep(login, [one for one in before if one != mask])
        return mask in before

    def ignores(self, login: LoginID, source: str) -> bool:
        """Whether somebody does not want to hear who is at `nick!user@host`."""
        return any(matching(mask, self._fold)(source) for mask in self.ignored(login))

    def called(self, login: LoginID) -> bool:
        """Whether somebody is told when their nick is said."""
        return self.known[f"{login} mentions"] != "off"

    def call(self, login: LoginID, *, wanted: bool) -> None:
        """Tell somebody when their nick is said, or not."""
        self.known[f"{login} mentions"] = "on" if wanted else "off"

    def _keep(self, login: LoginID, masks: list[str]) -> None:
        self.known[f"{login} ignores"] = " ".join(masks)


def _mask(whom: str) -> str:
    return mask_of(whom) if is_nick(whom) else whom
