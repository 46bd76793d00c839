"""Collects every fault of a configuration and says each as one sentence with its place.

pydantic finds most of them; its wording is for programmers and may quote a value, which may be
a password. Here it becomes what is wrong and what to do, and no value is ever quoted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from bridgekit.configuration.schema import description
from bridgekit.configuration.yaml_source import Document, Where, spell
from bridgekit.errors import ConfigError

_NUMBER = "must be a number; write it with digits and a point"
_WHOLE = "must be a whole number; write digits only"
_LIST = "must be a list; write [one, two], or a line with - for each"
_MAPPING = "must hold `key: value` lines; indent them under it"
_YES_NO = "must be true or false; write one of the two, without quotes"
_DAY = "is no day; write it like 2026-01-31"
_MOMENT = "is no moment; write it like 2026-01-31T12:00:00Z"
_ADDRESS = "is no web address; write it like http://localhost:8008"
_PATH = "is no path that fits; write that of a file or folder that is there"
_OTHER = "is no value that this setting takes; see what its documentation says"
# By kind, exactly; then by what a kind begins with. Each pydantic has of its own is in one of them.
_SENTENCES = {
    "int_from_float": "must be a whole number; leave the fraction off",
    "finite_number": _NUMBER,
    "multiple_of": "is none of the steps; write a multiple of {multiple_of}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "string_too_short": "is too short; at least {min_length} characters are needed",
    "string_too_long": "is too long; at most {max_length} characters are allowed",
    "string_pattern_mismatch": "is not written as it must be; see what its documentation says",
    "too_short": "has too few entries; at least {min_length} are needed",
    "too_long": "has too many entries; at most {max_length} are allowed",
    "greater_than": "is too small; write a number above {gt}",
    "greater_than_equal": "is too small; write {ge} or more",
    "less_than": "is too large; write a number below {lt}",
    "less_than_equal": "is too large; write {le} or less",
    "extra_forbidden": "is no known key; remove it",
    "enum": "is none of the possible values; write {expected}",
    "literal_error": "is none of the possible values; write {expected}",
    "date_past": "must be a day of the past; write an earlier one",
    "date_future": "must be a day of the future; write a later one",
}
_BEGINNINGS = {
    "int_": _WHOLE,
    "float_": _NUMBER,
    "decimal_": _NUMBER,
    "bool_": _YES_NO,
    "date_": _DAY,
    "datetime_": _MOMENT,
    "time_delta_": "is no length of time; write it as its documentation does",
    "time_": "is no time of day; write it like 12:30",
    "url_": _ADDRESS,
    "path_": _PATH,
}
_OWN_WORDS = ("value_error", "assertion_error")
_LIBRARYS = frozenset(get_args(ErrorType))
_AMOUNTS = ("int_", "float_", "greater_", "less_", "finite_")  # of what, the model may say
_SHORTEST_SECRET = 4  # a shorter one would blot out parts of ordinary words
_EMPTY = "is empty; add the value (in quotes if it starts with #), or remove the key"
_NO_TEXT = "is read as a number or a yes/no, not as text; put it in quotes"


@dataclass(slots=True)
class Faults:
    """What is wrong so far. `origins` names the environment variable that set a value."""

    document: Document
    origins: dict[Where, str] = field(default_factory=dict)
    _found: list[tuple[Where, str, bool]] = field(default_factory=list)
    _secrets: set[str] = field(default_factory=set)
    _settled: set[Where] = field(default_factory=set)

    def add(self, where: Where, sentence: str, *, key: bool = False) -> None:
        """`sentence` reads on from the value's name: "is missing; add it". `key`: points there."""
        self._found.append((where, sentence, key))

    def settle(self, where: Where) -> None:
        """Say nothing more about this value: its fault is known."""
        self._settled.add(where)

    def is_settled(self, where: Where) -> bool:
        """Whether nothing more is to be said about this value."""
        return where in self._settled

    def add_all(
        self, where: Where, error: ValidationError, data: Any, model: type[BaseModel]
    ) -> None:
        """What pydantic found in `data`, which stands at `where`."""
        for details in error.errors(include_url=False):
            way = _way(details, data)
            if not self.is_settled((*where, *way)):  # the first fault of a value is its cause
                self.add((*where, *way), self._sentence(details, description(model, way)))

    def hide(self, secret: object) -> None:
        """Let no sentence quote this value, nor any in it."""
        if isinstance(secret, str) and len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)
        elif isinstance(secret, dict | list):
            for inner in secret.values() if isinstance(secret, dict) else secret:
                self.hide(inner)

    def unknown(self, where: Where, known: Collection[str], what: str) -> None:
        """A key (or name) that means nothing; `what` it should have been one of."""
        self.add(where, f"is no {what}; {closest(str(where[-1]), known)}", key=True)

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ConfigError:
        """Everything that was found, in the order of the file, then of the environment."""
        lines = []
        for where, sentence, key in self._found:
            origin, place = self._origin(where), self.document.place(where, key=key)
            shown = origin or f"{self.document.name}:{place.line}:{place.column}"
            name = "" if where == (origin,) else f" {spell(where)}"
            lines.append((origin is not None, place, f"{shown}{name}: {sentence}"))
        return ConfigError(*(line for _, _, line in sorted(lines)))

    def _sentence(self, details: ErrorDetails, meaning: str) -> str:
        kind, context = details["type"], details.get("ctx", {})
        if kind == "missing":
            return f"is missing; add it{f': {meaning}' if meaning else ''}"
        if details["input"] is None:
            return _EMPTY
        if kind == "string_type":
            structured = isinstance(details["input"], dict | list)
            return "must be a single text; put it in quotes" if structured else _NO_TEXT
        if kind in _OWN_WORDS or kind not in _LIBRARYS:
            return self._redact(str(context.get("error") or details["msg"]))
        sentence = _words(kind).format_map(defaultdict(str, context))
        return f"{sentence} ({meaning})" if meaning and kind.startswith(_AMOUNTS) else sentence

    def _redact(self, text: str) -> str:
        """An adapter's own words about a value: without line breaks and without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return " ".join(text.split())

    def _origin(self, where: Where) -> str | None:
        ways = (where[:length] for length in range(len(where), 0, -1))
        return next((self.origins[way] for way in ways if way in self.origins), None)


def _words(kind: str) -> str:
    """What a kind of pydantic's own errors is called here."""
    longest_first = sorted(_BEGINNINGS, key=len, reverse=True)
    begins = (_BEGINNINGS[one] for one in longest_first if kind.startswith(one))
    return _SENTENCES.get(kind) or next(begins, _OTHER)


def closest(name: str, known: Collection[str]) -> str:
    """What to write instead of a name that is not known."""
    if found := get_close_matches(name.lower(), known, n=1, cutoff=0.6):
        return f"did you mean {found[0]}?"
    return f"known are: {', '.join(sorted(known))}" if known else "remove it"


def _way(details: ErrorDetails, data: Any) -> Where:
    """The `loc` of pydantic without what is not in the data, such as a union member's name."""
    way: list[str | int] = []
    for step in details["loc"]:
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            data = data[step]
        if inside or (details["type"] == "missing" and step == details["loc"][-1]):
            way.append(step)
    return tuple(way)
