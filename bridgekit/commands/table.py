"""The one table of commands: what there is, by name, and what somebody may have meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from bridgekit.commands.command import AnyCommand, Where
from bridgekit.commands.refusals import Unknown
from bridgekit.ids import NetworkName

CUTOFF = 0.6  # how like a command a word is that may mean it
SHOWN = 60  # letters of a word that we look at
_QUOTES = '"“”„'
_APART = re.compile(r"[=:]")


def spelled_apart(word: str) -> tuple[str, str]:
    """A command, and what hangs on it by mistake, as in `name=value`."""
    name, *rest = _APART.split(word, maxsplit=1)
    return name, "".join(rest)


def first_word(typed: str) -> tuple[str, str]:
    """The command that somebody typed, as it is spelt here, and all that follows it."""
    word, *rest = typed.split(None, 1) or [""]
    name, more = spelled_apart(word)
    return name.strip(_QUOTES).lower().replace("_", "-"), more + "".join(rest)


class Table:
    """In the order in which help lists them; of two with one name the first.

    So no network can be called so that a command of its adapter takes the place of one of ours.
    """

    def __init__(self, commands: Iterable[AnyCommand]) -> None:
        self._commands: dict[str, AnyCommand] = {}
        for command in commands:
            self._commands.setdefault(command.name, command)
        self.anywhere = frozenset(
            name for name, one in self._commands.items() if one.where is not Where.ALONE
        )
        """The names of those that may be typed where others are, too."""

    def __iter__(self) -> Iterator[AnyCommand]:
        return iter(self._commands.values())

    def find(self, name: str, networks: Iterable[NetworkName] = ()) -> AnyCommand:
        """The command of this name, be it one that only one of these networks has.

        Raises `Unknown`, with what may be meant; a word that we do not know may be a password.
        """
        spelt = name.lower().replace("_", "-")
        names = (spelt, *(f"{network}-{spelt}" for network in networks))
        found = next((self._commands[one] for one in names if one in self._commands), None)
        if found is None:
            near = self._near(spelled_apart(spelt)[0])
            hint = f"did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else ""
            raise Unknown(f"There is no such command; {hint or '`help` lists what there is.'}")
        return found

    def meant(self, name: str) -> list[AnyCommand]:
        """What somebody may mean who has typed this: the command of this name, or those like it."""
        try:
            return [self.find(name)]
        except Unknown:
            near = self._near(spelled_apart(name.lower().replace("_", "-"))[0])
            return [self._commands[one] for one in near]

    def _near(self, spelt: str) -> list[str]:
        return get_close_matches(spelt[:SHOWN], self._commands, n=2, cutoff=CUTOFF)
