"""What an adapter answers and hands over, looked at as it does: whether it is what is due.

It goes on to the core as it is. What does not fit is noted, with the author's own file and line,
and the scenario fails with that, whatever else becomes of it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from types import FrameType
from typing import Any, get_args, get_origin, get_type_hints

from bridgekit import supports
from bridgekit.adapter import Client
from bridgekit.hosting import Host
from bridgekit.testing.contract.shapes import misfit
from bridgekit.testing.faults import placed

Note = Callable[[str, str], object]
"""Takes a sentence, and the author's line that it is about."""

TAKEN = frozenset({"user_changed", "set_aside", "identity_changed", "credentials_changed", "save"})
"""What of a host an adapter tells something with, but for `receive`."""
_MARK = "looked_at"


def expect_of_client(client: Any, note: Note) -> None:
    """Have whatever it answers looked at, from here on."""
    kind = type(client)
    if not isinstance(client, Client):
        note(f"What `connect` yielded is to be a `Client`, and is {client!r}.", _of_class(kind))
        return
    for name, due in get_type_hints(Client).items():
        if (found := misfit(getattr(client, name), due)) is not None:
            note(found.about(f"The client's `{name}`"), _of_class(kind))
    for name, asked in _owed(kind).items():  # type: ignore[arg-type]  # a class can be hashed
        method = getattr(client, name)
        if not hasattr(method, _MARK):
            with suppress(AttributeError):  # it has no place for more than its slots
                object.__setattr__(client, name, _looked_at(method, name, asked, note))


def expect_of_call(name: str, given: Sequence[Any], named: Mapping[str, Any], note: Note) -> None:
    """Look at what a method of the host is called with."""
    method = getattr(Host, name)
    hints, signature = get_type_hints(method), inspect.signature(method)
    try:
        bound = signature.bind(None, *given, **named).arguments
    except TypeError:
        return  # Python itself says that
    for key, value in bound.items():
        many = signature.parameters[key].kind is inspect.Parameter.VAR_POSITIONAL
        for one in value if many else (value,):
            if key in hints and (found := misfit(one, hints[key])) is not None:
                note(found.about(f"What `Host.{name}` was given as `{key}`"), _caller())


@cache
def _owed(kind: Any) -> dict[str, Any]:
    """The methods that the interface asks of such a client."""
    bases = [one for one in kind.__mro__ if one is Client or one.__module__ == supports.__name__]
    found = (pair for base in bases for pair in vars(base).items())
    return {name: one for name, one in found if getattr(one, "__isabstractmethod__", False)}


@dataclass(frozen=True, slots=True)
class _Looking:
    """At what one method of a client answers."""

    method: Any
    name: str
    due: Any
    note: Note

    async def answer(self, *args: Any, **named: Any) -> Any:
        given = self.method(*args, **named)
        if not self._is(given, "__await__", "an `async def`"):
            return given
        return self._look(await given, self.due, "returned")

    async def each(self, *args: Any, **named: Any) -> AsyncIterator[Any]:
        given = self.method(*args, **named)
        if not self._is(given, "__aiter__", "an `async def` with `yield`"):
            return
        try:
            async for one in given:
                yield self._look(one, get_args(self.due)[0], "yielded")
        finally:
            if hasattr(given, "aclose"):
                await given.aclose()

    def at_once(self, *args: Any, **named: Any) -> Any:
        return self._look(self.method(*args, **named), self.due, "returned")

    def _look(self, answer: Any, due: Any, how: str) -> Any:
        if due is not type(None) and (found := misfit(answer, due)) is not None:
            self.note(found.about(f"What `{self.name}` {how}"), _of_method(self.method))
        return answer

    def _is(self, given: Any, what: str, how: str) -> bool:
        if not hasattr(given, what):
            sentence = f"`{self.name}` is to be {how}, and returned {given!r}."
            self.note(sentence, _of_method(self.method))
        return hasattr(given, what)


def _looked_at(method: Any, name: str, asked: Any, note: Note) -> Any:
    looking = _Looking(method, name, get_type_hints(asked)["return"], note)
    if get_origin(looking.due) is AsyncIterator:
        chosen: Any = looking.each
    else:
        chosen = looking.answer if inspect.iscoroutinefunction(asked) else looking.at_once
    found = partial(chosen)
    found.__dict__[_MARK] = True
    return found


def _of_method(method: Any) -> str:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return "" if code is None else placed(code.co_filename, code.co_firstlineno, code.co_name)


def _of_class(kind: type) -> str:
    """Or of the first of its bases that is written somewhere."""
    for one in kind.__mro__:
        with suppress(OSError, TypeError):
            return placed(inspect.getfile(one), inspect.getsourcelines(one)[1], one.__name__)
    return ""


def _caller() -> str:
    """The author's line that has called us."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (`inspect.stack` reads every file)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package != "bridgekit" and package not in sys.stdlib_module_names:
            return placed(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return ""
