"""Records to JSON and back, with a version, so that what one release stored the next can read.

A dataclass becomes `{"$": "Name", field: value, …}` without the fields that have their default; a
stored record is `{"v": 1, "r": …}`. Unknown names or fields raise `BrokenRecord`, never guess.
"""

from __future__ import annotations

import json
from collections.abc import Callable
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
    kind = type(value)
    known = _FIELDS.get(kind)
    if known is not None:
        encoded: dict[str, Any] = {"$": kind.__name__}
        for name, default in known:
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
    if type(value) is list:
        return tuple([_decode(item) if type(item) in _DEEP else item for item in value])
    if type(value) is not dict:
        return value
    name = value.pop("$", None)
    if not isinstance(name, str):
        raise BrokenRecord("it holds something without a name")
    make = _MADE_BY.get(name)
    if make is None:
        raise BrokenRecord(f"it holds a {name!r}, which this release does not know")
    for key, item in value.items():
        if type(item) in _DEEP:
            value[key] = _decode(item)
    try:
        for key, enum in _enums(make):
            if key in value:
                value[key] = enum(value[key])
        return make(**value)
    except (TypeError, ValueError) as error:
        raise BrokenRecord(f"its {name} does not have the expected fields") from error


def _at(*, ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _bytes(*, hex: str) -> bytes:  # noqa: A002 (so it is stored)
    return bytes.fromhex(hex)


_FIELDS = {
    kind: tuple((field.name, field.default) for field in fields(kind)) for kind in _TYPES.values()
}
_MADE_BY: dict[str, Callable[..., Any]] = {**_TYPES, "at": _at, "bytes": _bytes}


@cache
def _enums(make: Callable[..., Any]) -> tuple[tuple[str, type[Enum]], ...]:
    """The fields that hold one: JSON has only its value."""
    found: dict[str, type[Enum]] = {}
    for name, hint in get_type_hints(make).items():
        for option in (hint, *get_args(hint)):
            if isinstance(option, type) and issubclass(option, Enum):
                found[name] = option
    return tuple(found.items())
