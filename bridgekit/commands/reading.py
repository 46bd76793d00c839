"""Arguments as a command takes them, or one sentence that says which is wrong and how. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridgekit.commands.command import AnyCommand, Arguments
from bridgekit.commands.refusals import Mistyped
from bridgekit.commands.words import spelled, usage

ModelT = TypeVar("ModelT", bound=BaseModel)

_WRONG = {
    "missing": "is missing",
    "string_too_short": "is too short; it has at least {min_length} characters",
    "string_too_long": "is too long; it has at most {max_length} characters",
    "too_short": "needs more words",
    "too_long": "has too many words",
    "greater_than_equal": "is too small; it is {ge} or more",
    "less_than_equal": "is too large; it is {le} or less",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is nothing that this command takes",
}
_CHOICES = ("enum", "literal_error")
_BEGINNINGS = {"int_": "must be a whole number", "bool_": "must be yes or no"}
_OTHER = "is not written as it must be"
_CUT = 40  # letters of a name that somebody else thought of


def read(command: AnyCommand, values: Mapping[str, Any]) -> Arguments:
    """What `command` is given. Raises `Mistyped`."""
    arguments: Arguments = validated(command.arguments, values, f" Write: `{usage(command)}`")
    return arguments


def validated(model: type[ModelT], values: Mapping[str, Any], hint: str = "") -> ModelT:
    """Raises `Mistyped`; what was given is not quoted, as it may be a secret."""
    for name, value in values.items():
        if not _harmless(value):
            raise Mistyped(f"{spelled(name)[:_CUT]} holds characters that cannot be shown.", name)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])[:_CUT] if first["loc"] else ""
    known = model.model_fields.get(field)
    meaning = f" ({known.description.rstrip('.')})" if known and known.description else ""
    meaning = "" if first["type"] in _CHOICES else meaning  # the sentence says it all
    what = f"{spelled(field)}{meaning}" if field else "What you wrote"
    raise Mistyped(f"{what} {_words(first)}.{hint}", field)


def _harmless(value: Any) -> bool:
    """Whether it is text that people can read, or no text; line breaks are."""
    if isinstance(value, str):
        return all(letter.isprintable() or letter in "\n\t" for letter in value)
    if isinstance(value, list | tuple):
        return all(map(_harmless, value))
    return True


def _words(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context.get("error", _OTHER))
    begins = (words for start, words in _BEGINNINGS.items() if kind.startswith(start))
    return _WRONG.get(kind, next(begins, _OTHER)).format_map(context)
