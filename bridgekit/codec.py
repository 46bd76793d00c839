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


_json = json.JSONEncoder(separators=(",", ":")).encode  # `dumps` would make one each time


def _wrap(kind: str, value: Any) -> str:
    # Lone surrogates survive only as escapes: the databases take nothing but valid UTF-8.
    return _json({"v": VERSION, kind: value})


def _unwrap(kind: str, text: str) -> Any:
    try:
        stored = json.loads(text)
        version, value = stored["v"], stored[kind]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenRecord("it is not a stored record") from error
    if version != VERSION:
        raise BrokenRecord(f"it was stored by another release (record version {version})")
    return value


# Every message is written and read once at least, so what is plain is told from the rest by its
# type at once, and no value is matched against one pattern after the other.
_PLAIN = frozenset({str, int, float, bool, type(None)})
_DEEP = frozenset({dict, list})


def _encode(value: object) -> Any:
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        encoded: dict[str, Any] = {"$": kind.__name__}
        for name, default in _defaults(kind):
            item = getattr(value, name)
            if item is not default and item != default:
                encoded[name] = item if type(item) in _PLAIN else _encode(item)
        return encoded
    match value:
        case tuple() | list():
            return [item if type(item) in _PLAIN else _encode(item) for item in value]
        case datetime():
            return {"$": "at", "ms": round(value.timestamp() * 1000)}
        case Enum():
            return value.value
        case bytes():
            return {"$": "bytes", "hex": value.hex()}
    return value


def _decode(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return _named(value)
    return tuple([_decode(item) for item in value]) if kind is list else value


def _named(value: dict[str, Any]) -> Any:
    match value.pop("$", None):
        case "at" if isinstance(value.get("ms"), int):
            return datetime.fromtimestamp(value["ms"] / 1000, UTC)
        case "bytes" if isinstance(value.get("hex"), str):
            return bytes.fromhex(value["hex"])
        case str(name):
            return _build(name, value)
    raise BrokenRecord("it holds something without a name")


def _build(name: str, values: dict[str, Any]) -> Any:
    kind: Any = _TYPES.get(name)
    if kind is None:
        raise BrokenRecord(f"it holds a {name!r}, which this release does not know")
    for key, item in values.items():
        if type(item) in _DEEP:
            values[key] = _decode(item)
    try:
        for key, enum in _enums(kind):
            if key in values:
                values[key] = enum(values[key])
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise BrokenRecord(f"its {name} does not have the expected fields") from error


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _enums(kind: Any) -> tuple[tuple[str, type[Enum]], ...]:
    found: dict[str, type[Enum]] = {}
    for name, hint in get_type_hints(kind).items():
        for option in (hint, *get_args(hint)):
            if isinstance(option, type) and issubclass(option, Enum):
                found[name] = option
    return tuple(found.items())
