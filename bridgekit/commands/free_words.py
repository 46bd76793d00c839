"""What of the words behind a command is kept and said again: what may be a password is not.

Whoever types at the wrong place gives away more than they mean to. So a free word is kept only once
the command that it stood behind was done, as then it named something. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from bridgekit.commands.command import Arguments
from bridgekit.commands.confirming import CONFIRM
from bridgekit.commands.words import holds_secret

HIDDEN = "…"
NAMES = frozenset({"network", "login", "again"})  # arguments that name what there is
CUT = 20  # letters of a word that a sentence may have cut
SHORTEST = 4  # letters of what may be a secret; shorter words stand in every sentence

Named = Callable[[str], bool]
"""Whether there is anything of that name."""


@dataclass(frozen=True, slots=True)
class Unkept:
    """Marks an argument that stays nobody's business once it is done."""


def kept(arguments: Arguments, named: Named, *, done: bool) -> dict[str, object]:
    """The arguments that were given, for the audit log."""
    looked_at = _looked_at(arguments, named, done=done)
    return {name: value for name, value, _ in looked_at if name != CONFIRM}


def hushed(sentence: str, arguments: Arguments, named: Named) -> str:
    """A sentence about what was not done, without the free words that it quotes."""
    words = [word for _, _, given in _looked_at(arguments, named, done=False) for word in given]
    unknown = {word for word in words if len(word) >= SHORTEST and not named(word)}
    for word in sorted(unknown, key=len, reverse=True):
        end = r"\S*" if len(word) > CUT else r"(?!\w)"
        quoted = rf"(?<!\w){re.escape(word[:CUT])}{end}"
        sentence = re.sub(quoted, HIDDEN, sentence, flags=re.IGNORECASE)
    return sentence


def _looked_at(
    arguments: Arguments, named: Named, *, done: bool
) -> Iterator[tuple[str, object, tuple[str, ...]]]:
    """Each argument that was given, as it is shown, with the words of it that are not."""
    for name, field in type(arguments).model_fields.items():
        if name not in arguments.model_fields_set:
            continue
        value = getattr(arguments, name)
        if holds_secret(field) or Unkept() in field.metadata:
            words = _free(value)
            yield name, HIDDEN, words
        elif done or (name in NAMES and isinstance(value, str) and named(value)):
            yield name, value, ()
        else:
            words = _free(value)
            yield name, HIDDEN if words else value, words


def _free(value: object) -> tuple[str, ...]:
    """The words of a value that whoever gave it was free to choose."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return (value,)
    if isinstance(value, tuple):
        return tuple(word for one in value for word in _free(one))
    return ()
