"""Names on which a pattern tries every way to divide them, if there are many. Pure.

Made from the pattern itself: what leads to a repetition, then what it repeats, again and again, and
an end that does not fit, so that each way is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from re import _constants as ops  # type: ignore[attr-defined]  # what `re` reads a pattern with
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_TIMES = 40  # that something is repeated: two ways each time are a million million
_MANY = 8  # of a repetition of fewer there are few ways
_MOST = 60  # names; a pattern of people has a handful of repetitions
_TRIED = "a0_=-.Z/ :é\0"  # of which one is in nearly every set
_END = "\0"
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    ops.CATEGORY_DIGIT: str.isdigit,
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
    ops.CATEGORY_NOT_DIGIT: lambda letter: not letter.isdigit(),
    ops.CATEGORY_NOT_SPACE: lambda letter: not letter.isspace(),
    ops.CATEGORY_NOT_WORD: lambda letter: not (letter.isalnum() or letter == "_"),
}
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)

Parsed = Sequence[tuple[Any, Any]]


def attacks(regex: str) -> list[str]:
    """Names for this pattern, which must be one that `re` compiles."""
    found = dict.fromkeys(
        f"{begins}{again * _TIMES}{_END}"
        for begins, body in _repetitions(_parser.parse(regex), "")
        for again in _spelt(body)
        if again
    )
    return list(found)[:_MOST]


def _repetitions(parsed: Parsed, begins: str) -> Iterator[tuple[str, Parsed]]:
    """What each repeats, also within another, and a text that leads to it."""
    for op, value in parsed:
        if op in _REPEATS and value[1] >= _MANY:
            yield begins, value[2]
        for inner in _within(op, value):
            yield from _repetitions(inner, begins)
        begins += _spelt([(op, value)])[0]


def _within(op: Any, value: Any) -> Sequence[Parsed]:
    if op is ops.BRANCH:
        return list(value[1])
    if op is ops.SUBPATTERN:
        return [value[3]]
    if op is ops.ATOMIC_GROUP:
        return [value]
    return [value[2]] if op in _REPEATS else []


def _spelt(parsed: Parsed) -> list[str]:
    """Texts that it takes, at least one: one for each choice, not for each way to combine them."""
    texts = [""]
    for op, value in parsed:
        first, *others = _pieces(op, value)
        texts = [*(f"{one}{first}" for one in texts), *(f"{texts[0]}{one}" for one in others)]
    return texts


def _pieces(op: Any, value: Any) -> list[str]:
    if op in (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN):
        return [_letter(op, value)]
    spelt = [text for one in _within(op, value) for text in _spelt(one)] or [""]
    if op in _REPEATS:
        return [text * max(1, min(value[0], _TIMES)) for text in spelt]
    return spelt


def _letter(op: Any, value: Any) -> str:
    """One that it takes."""
    if op is ops.LITERAL:
        return chr(value)
    if op is not ops.IN:
        return "b" if value == ord("a") else "a"
    own = [chr(one if kind is ops.LITERAL else one[0]) for kind, one in value if _spells(kind)]
    negated = value[0][0] is ops.NEGATE
    return next((one for one in [*own, *_TRIED] if _is_in(one, value) is not negated), "a")


def _spells(kind: Any) -> bool:
    return kind is ops.LITERAL or kind is ops.RANGE


def _is_in(letter: str, items: Parsed) -> bool:
    """Whether some item of a set names the letter."""
    for kind, one in items:
        if kind is ops.LITERAL and ord(letter) == one:
            return True
        if kind is ops.RANGE and one[0] <= ord(letter) <= one[1]:
            return True
        if kind is ops.CATEGORY and _CATEGORIES[one](letter):
            return True
    return False
