"""What an adapter gives, held against what the interface is annotated with.

Nothing here is the core's: it takes what it is given, since an adapter that keeps the contract
gives nothing else.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from bridgekit.events import Content
from bridgekit.richtext.nodes import RichText

Part = tuple[str, Any, Any]

_LONGEST = 60  # characters of what came
_QUALIFIED = re.compile(r"\b(?:[a-z_]+\.)+")
_MADE_BY = "made of a text by `from_plain`"
_ZONED = "a datetime with its time zone (`datetime.now(UTC)` has one)"


class Misfit(NamedTuple):
    """`field` is the one that does not fit, None the whole; `due` and `came` say what of it."""

    field: str | None
    due: str
    came: str

    def about(self, what: str) -> str:
        """As a sentence; `what` is the whole."""
        subject = what if self.field is None else f"{what}: `{self.field}`"
        return f"{subject} is to be {self.due}, and is {self.came}."


def misfit(value: Any, due: Any, field: str | None = None) -> Misfit | None:
    """The first thing that is not as annotated; None if all is."""
    due = _plain(due)
    if due is Any:
        return None
    if _is_union(due):
        return _of_any(value, due, field)
    origin = get_origin(due) or due
    if not _is_one(value, origin) or (due == RichText and not all(map(_is_node, value))):
        return _missed(value, due, field)
    found = (misfit(one, hint, name) for name, one, hint in _parts(value, due, origin, field))
    return next(filter(None, found), None)


def _is_one(value: Any, kind: Any) -> bool:
    """Whether it is of this class; a whole number is a number, too, and a text is no sequence."""
    if not isinstance(kind, type):
        return True
    if isinstance(value, str | bytes):
        return isinstance(value, kind) and kind in (str, bytes, type(value), object)
    if isinstance(value, datetime):
        return kind is datetime and value.tzinfo is not None
    return isinstance(value, (float, int) if kind is float else kind)


def _plain(due: Any) -> Any:
    """Without what has no meaning while a program runs."""
    while True:
        if isinstance(due, TypeVar):
            due = due.__bound__ or Any
        elif isinstance(due, NewType):
            due = due.__supertype__
        else:
            return due


def _is_union(due: Any) -> bool:
    return get_origin(due) in (Union, types.UnionType)


def _is_node(value: Any) -> bool:
    return is_dataclass(value) and type(value).__module__.startswith("bridgekit.richtext")


def _of_any(value: Any, due: Any, field: str | None) -> Misfit | None:
    """Fits one of several; where it is of the kind of one, what that one finds says more."""
    found = [misfit(value, one, field) for one in get_args(due)]
    if None in found:
        return None
    within = (one for one in found if one is not None and one.field not in (None, field))
    return next(within, None) or _missed(value, due, field)


def _parts(value: Any, due: Any, origin: Any, field: str | None) -> Iterator[Part]:
    """What it is made of: of each part the name, the value, and what is due there."""
    given, name = get_args(due), field or type(value).__name__
    if is_dataclass(value):
        hints = _hints(type(value))  # type: ignore[arg-type]  # which can be hashed, as any class
        for one in fields(value):
            yield f"{name}.{one.name}", getattr(value, one.name), hints[one.name]
    elif due == RichText:
        yield from ((f"{name}[{at}]", one, type(one)) for at, one in enumerate(value))
    elif given and issubclass(origin, Mapping):
        for key in value:
            yield f"a key of {name}", key, given[0]
            yield f"{name}[{key!r}]", value[key], given[1]
    elif given and issubclass(origin, Sequence | AbstractSet):
        for at, one in enumerate(value):
            yield f"{name}[{at}]", one, given[0]


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _missed(value: Any, due: Any, field: str | None) -> Misfit:
    words = repr(value)
    short = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    came = "None" if value is None else f"{short} ({type(value).__name__})"
    return Misfit(field, _named(due), came)


def _named(due: Any) -> str:
    """An annotation, as an author would write it."""
    if due == RichText:
        return f"a `RichText`, {_MADE_BY}"
    if due is datetime:
        return _ZONED
    if due == Content:
        return "a `Message`, an `Edit`, or another content"
    if _is_union(due):
        return " or ".join(_named(one) for one in get_args(due))
    if due is type(None):
        return "None"
    return f"`{_QUALIFIED.sub('', str(due)) if get_args(due) else due.__name__}`"
