"""What is typed, as arguments; and what is to be typed, as a line of help. Pure.

The words are the fields in their order, `--name value` any of them out of order, `--name` alone a
yes. Quotes hold words together. What a command shows before it is done is confirmed by one word
of its own (`confirming.py`): nobody types the argument for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, get_args

from pydantic.fields import FieldInfo

from bridgekit.commands.command import AnyCommand, Arguments, Named, Rest
from bridgekit.commands.confirming import CONFIRM
from bridgekit.commands.refusals import Mistyped

_WORD = re.compile(r'(--[\w-]+=)?(?:"([^"]*)"|[“„]([^“”]*)[“”])(?=\s|$)|(\S+)')
_OPEN = ('"', "“", "„")
_MOST = 200  # words; no command takes more, and nobody should make us look at them
_REST = get_args(Rest)[1]


def split(line: str) -> list[str]:
    """The words of a line. Raises `Mistyped` where a quote is not closed."""
    words = []
    for option, quoted, curly, plain in islice(_WORD.findall(line), _MOST):
        if plain.startswith(_OPEN):
            raise Mistyped('A quote is not closed; write "two words" like this.')
        words.append(plain or f"{option}{quoted}{curly}")
    return words


def arguments_of(model: type[Arguments], words: Sequence[str]) -> dict[str, Any]:
    """The arguments as they were typed, by name. Raises `Mistyped`.

    No sentence quotes a word: it may be a secret, whatever command it was typed behind.
    """
    fields, found = model.model_fields, dict[str, Any]()
    remaining = list(words)
    places = iter([name for name, field in fields.items() if not _is_unplaced(name, field)])
    named = True
    while remaining:
        word = remaining.pop(0)
        if word == "--" and named:
            named = False
        elif named and (option := _option(word, fields)) is not None:
            name, value = option
            found[name] = _value(name, value, fields[name], remaining)
        else:
            name = next((place for place in places if place not in found), "")
            if not name:
                few = "There are more words than this takes; put what belongs together in quotes."
                raise Mistyped(few)
            found[name] = _placed(fields[name], word, remaining)
    return found


def _option(word: str, fields: Mapping[str, FieldInfo]) -> tuple[str, str | None] | None:
    """The field that `--name` or `--name=value` sets, and its value if that is here."""
    match = re.fullmatch(r"--([A-Za-z][\w-]*)(?:=(.*))?", word, re.DOTALL)
    if match is None:
        return None
    name = match[1].replace("-", "_").lower()
    if name not in fields:
        known = ", ".join(f"--{spelled(one)}" for one in fields) or "none"
        raise Mistyped(f"There is no such option; there are: {known}.")
    return name, match[2]


def _value(name: str, value: str | None, field: FieldInfo, remaining: list[str]) -> Any:
    if value is not None:
        return value
    if _is_flag(field):
        return True
    if not remaining:
        raise Mistyped(f"--{spelled(name)} needs a value.", name)
    return remaining.pop(0)


def _placed(field: FieldInfo, word: str, remaining: list[str]) -> Any:
    if takes_rest(field) or takes_many(field):
        words = [word, *remaining]
        remaining.clear()
        return " ".join(words) if takes_rest(field) else words
    return word


def usage(command: AnyCommand) -> str:
    """`link NETWORK CHAT [DIRECTION]`."""
    takes = _usages(command.arguments) if command.takes is None else filter(None, [command.takes])
    return " ".join([command.name, *takes])


def _usages(model: type[Arguments]) -> Iterator[str]:
    taken = False  # every word that is left
    for name, field in model.model_fields.items():
        if name == CONFIRM:
            continue
        named = taken or _is_unplaced(name, field)
        word = f"--{spelled(name)}" if named else spelled(name).upper()
        word += f" {_value_of(name, field)}" if named and not _is_flag(field) else ""
        if takes_rest(field) or takes_many(field):
            word, taken = f"{word}…", True
        yield word if field.is_required() else f"[{word}]"


def _value_of(name: str, field: FieldInfo) -> str:
    """What follows an option."""
    what = next((one.what for one in field.metadata if isinstance(one, Named)), name)
    return spelled(what).upper()


def spelled(name: str) -> str:
    """A field's name as people type it."""
    return name.replace("_", "-")


def takes_secret(model: type[Arguments]) -> bool:
    """Whether what is typed holds something that nobody else may read."""
    return any(map(holds_secret, model.model_fields.values()))


def holds_secret(field: FieldInfo) -> bool:
    """Whether this argument does, as such or by the names in it."""
    return "SecretStr" in str(field.annotation)


def may_precede_secret(model: type[Arguments]) -> bool:
    """Whether words that it does not take may be one all the same; see `Named`."""
    return any(map(_is_named, model.model_fields.values()))


def takes_rest(field: FieldInfo) -> bool:
    return _REST in field.metadata


def takes_many(field: FieldInfo) -> bool:
    return str(field.annotation).startswith("tuple[")


def _is_unplaced(name: str, field: FieldInfo) -> bool:
    """Whether no word on its own is meant for it."""
    return _is_flag(field) or name == CONFIRM or _is_named(field)


def _is_named(field: FieldInfo) -> bool:
    return any(isinstance(one, Named) for one in field.metadata)


def _is_flag(field: FieldInfo) -> bool:
    return field.annotation is bool
