"""Questions about patterns that may take for ever: answered in a process that can be stopped.

Run as a program it reads questions and writes answers, one a line, as JSON.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections import deque
from typing import Any

from interegular import Unsupported, parse_pattern
from interegular.fsm import FSM, anything_else
from interegular.patterns import InvalidSyntax, REFlags

_MEMORY = 2 << 30  # bytes; an automaton may be exponentially larger than its pattern
_ANY = "abcdefghijklmnopqrstuvwxyz0123456789"


class CannotSay(Exception):  # noqa: N818 (an answer)
    """The pattern has something that no automaton knows."""


def first_match(pattern: str, names: list[str], *, anywhere: bool) -> str | None:
    """The first of the names that a homeserver takes the pattern to claim."""
    compiled = re.compile(pattern)
    find = compiled.search if anywhere else compiled.match
    return next((name for name in names if find(name)), None)


def common(one: str, other: str) -> str | None:
    """The shortest name that both claim; None: there is none. `CannotSay`: nobody can tell."""
    try:
        patterns = [parse_pattern(_whole(pattern)) for pattern in (one, other)]
        flags = REFlags(0)
        alphabet = patterns[0].get_alphabet(flags).union(patterns[1].get_alphabet(flags))[0]
        first, second = (pattern.to_fsm(alphabet, (0, 0), flags) for pattern in patterns)
    except (Unsupported, InvalidSyntax) as error:
        raise CannotSay from error
    return _shortest(first & second)


def _whole(pattern: str) -> str:
    """The same for a whole name, without anchors; without $, what begins so is claimed, too."""
    if _has_choice(pattern):
        raise CannotSay  # each anchor would belong to one of the two only
    inner = pattern.removeprefix("^")
    ended = re.search(r"(?<!\\)(?:\\\\)*\$$", inner) is not None
    return f"(?:{inner[:-1]})" if ended else f"(?:{inner}).*"


def _has_choice(pattern: str) -> bool:
    """Whether there is a | outside of all brackets."""
    bare = re.sub(r"\\.", "", pattern)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "", bare)
    while (inner := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = inner
    return "|" in bare


def _shortest(automaton: FSM) -> str | None:
    letters: dict[Any, str] = {}
    known = {str(letter) for letter in automaton.alphabet if letter is not anything_else}
    for letter in sorted(known, key=lambda one: (one not in _ANY, one)):
        letters.setdefault(automaton.alphabet[letter], letter)
    other = next((one for one in _ANY if one not in known), "?")
    letters.setdefault(automaton.alphabet[anything_else], other)
    found = {automaton.initial: ""}
    open_states = deque([automaton.initial])
    while open_states:
        state = open_states.popleft()
        if state in automaton.finals:
            return found[state]
        for key, following in automaton.map.get(state, {}).items():
            if following not in found:
                found[following] = found[state] + letters[key]
                open_states.append(following)
    return None


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    try:
        if "other" in question:
            return {"said": common(question["pattern"], question["other"])}
        return {"said": first_match(**question)}
    except (CannotSay, re.error, MemoryError, RecursionError):
        return {}


def main() -> None:
    """Answer until there are no more questions."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)  # noqa: T201 (its answers)


if __name__ == "__main__":
    main()
