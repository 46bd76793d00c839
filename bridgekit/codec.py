"""Records to JSON and back, with a version, so that what one release stored the next can read.

A dataclass becomes `{"$": "Name", field: value, …}` without the fields that have their default; a
stored record is `{"v": 1, "r": …}`. Unknown names or fields raise `BrokenRecord`, never guess.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, get_args, get_type_hints

from bridgekit import events, facts, pieces
from bridgekit.richtext import nodes

VERSION = 1


class BrokenRecord(ValueError):  # noqa: N818 (a finding about what is stored, caught by name)
    """A stored record that this release cannot read."""


_TYPES: dict[str, type[Any]] = {
    name: kind
    for module in (nodes, facts, events, pieces)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
}


def dump(record: object) -> str:
    """The stored form of a dataclass of `events` or `richtext.nodes`."""
    return _wrap("r", _encode(record))


def load(text: str) -> Any:
    """The record that `dump` wrote; raises `BrokenRecord`."""
    try:
        return _decode(_unwrap("r", text))
    except BrokenRecord:
        raise
    except (ValueError, OverflowError, OSError, RecursionError) as error:
        raise BrokenRecord("one of its values cannot be") from error


def dump_event(event: dict[str, Any]) -> str:
    """The stored form of a Matrix event: itself."""
    return _wrap("e", event)


def load_event(text: str) -> dict[str, Any]:
    """The event that `dump_event` wrote; raises `BrokenRecord`."""
    event = _unwrap("e", text)
    if not isinstance(event, dict):
        raise BrokenRecord("it is not a stored event")
    return event


def _wrap(kind: str, value: Any) -> str:
    # Lone surrogates survive only as escapes: the databases take nothing but valid UTF-8.
    return json.dumps({"v": VERSION, kind: value}, separators=(",", ":"))


def _unwrap(kind: str, text: str) -> Any:
    try:
        stored = json.loads(text)
        version, value = stored["v"], stored[kind]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenRecord("it is not a stored record") from error
    if version != VERSION:
        raise BrokenRecord(f"it was stored by another release (record version {version})")
    return value


def _encode(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        kind: Any = type(value)
        encoded: dict[str, Any] = {"$": kind.__name__}
        for name, default in _defaults(kind):
            item = getattr(value, name)
            if item is not default and item != default:
                encoded[name] = _encode(item)
        return encoded
    match value:
        case tuple() | list():
            return [_encode(item) for item in value]
        case datetime():
            return {"$": "at", "ms": round(value.timestamp() * 1000)}
        case Enum():
            return value.value
        case bytes():
            return {"$": "bytes", "hex": value.hex()}
    return value


def _decode(value: Any) -> Any:
    match value:
        case {"$": "at", "ms": int(millis)}:
            return datetime.fromtimestamp(millis / 1000, UTC)
        case {"$": "bytes", "hex": str(digits)}:
            return bytes.fromhex(digits)
        case {"$": str(name)}:
            return _build(name, {key: item for key, item in value.items() if key != "$"})
        case dict():
            raise BrokenRecord("it holds something without a name")
        case list():
            return tuple(_decode(item) for item in value)
    return value


def _build(name: str, values: dict[str, Any]) -> Any:
    kind: Any = _TYPES.get(name)
    if kind is None:
        raise BrokenRecord(f"it holds a {name!r}, which this release does not know")
    enums = _enums(kind)
    decoded: dict[str, Any] = {key: _decode(item) for key, item in values.items()}
    try:
        for key in enums.keys() & decoded.keys():
            decoded[key] = enums[key](decoded[key])
        return kind(**decoded)
    except (TypeError, ValueError) as error:
        raise BrokenRecord(f"its {name} does not have the expected fields") from error


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _enums(kind: Any) -> dict[str, type[Enum]]:
    found: dict[str, type[Enum]] = {}
    for name, hint in get_type_hints(kind).items():
        for option in (hint, *get_args(hint)):
            if isinstance(option, type) and issubclass(option, Enum):
                found[name] = option
    return found
