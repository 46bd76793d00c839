"""Getting back the nick that a login should have, once whoever has it lets go of it.

Asked for again whenever its holder is seen to leave or to take another, and else ever more seldom:
a netsplit, or services, may rename us at any time, and nobody says when the nick is free.
"""

import asyncio
from collections.abc import Callable

from bridges.irc.refusals import NICK_NUMERICS
from bridges.irc.wire import Line, compose

_FIRST, _SELDOM = 30.0, 900.0  # seconds


class Reclaim:
    """Of one connection. `wanted` is the nick that it should have; `has` says which it has.

    `watched`: the server tells when a nick is free (MONITOR), so that it need not be asked often.
    """

    def __init__(
        self,
        wanted: str,
        has: Callable[[], str],
        fold: Callable[[str], str],
        write: Callable[[str], None],
        *,
        watched: bool = False,
    ) -> None:
        self.wanted = wanted
        self._watched = watched
        self._has, self._fold, self._write = has, fold, write
        self._pause = _FIRST
        self._asked = False  # whose refusal nobody else is to take for theirs

    def want(self, nick: str) -> None:
        """Have another nick from now on; a refusal that is still to come is of the old one."""
        self.wanted, self._asked = nick, False

    @property
    def _missing(self) -> bool:
        return self._fold(self._has()) != self._fold(self.wanted)

    async def run(self) -> None:
        """Ask again and again, until cancelled; costs a timer while all is well."""
        if self._watched and self._missing:
            self._write(compose("MONITOR", "+", self.wanted))
        while True:
            await asyncio.sleep(self._pause)
            if self._missing:
                self._ask()
                self._pause = min(self._pause * 2, _SELDOM)

    def take(self, line: Line) -> bool:
        """Look who lets go of the nick; whether `line` is a refusal of what was asked here."""
        wanted = self._fold(self.wanted)
        match line.command:
            case "QUIT" | "NICK" if self._fold(line.nick) == wanted and self._missing:
                self._ask()
            case "NICK" if self._fold(line.param(0)) == wanted:
                self._asked = False
            case "731" if self._missing and wanted in map(self._fold, line.param(1).split(",")):
                self._ask()
            case command if command in NICK_NUMERICS and self._asked:
                self._asked = wanted not in map(self._fold, line.params)
                return not self._asked
        return False

    def _ask(self) -> None:
        self._asked = True
        self._write(compose("NICK", self.wanted))
