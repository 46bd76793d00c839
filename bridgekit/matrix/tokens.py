"""The token by which the homeserver knows us; while it is being changed, there are two."""

from __future__ import annotations


class Tokens:
    """`now` is used until the homeserver does not know it; then the other is tried.

    A request that was refused for its token surely had no effect, so it may be sent again.
    """

    def __init__(self, present: str, coming: str | None = None) -> None:
        self.now = present
        self._other = coming

    def give_way(self, used: str) -> bool:
        """The homeserver refused `used`. False: there is no other to try."""
        if self._other is None:
            return False
        if self.now == used:  # else somebody has changed it since
            self.now, self._other = self._other, used
        return True


def tokens(given: str | Tokens) -> Tokens:
    return given if isinstance(given, Tokens) else Tokens(given)
