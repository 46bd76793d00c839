"""Methods that are those of an ability in all but its base: the core never asks for them.

A class that forgets `SupportsEdit` is as good as one that cannot edit, and nothing fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from bridgekit import adapter_supports, supports
from bridgekit.adapter import Adapter, Client
from bridgekit.configuration.plugins import abilities, yielded


class Undeclared(NamedTuple):
    """`kind` has the `methods` of an ability whose base it does not name."""

    kind: type
    ability: str
    methods: tuple[str, ...]

    def __str__(self) -> str:
        name, listed = self.kind.__name__, " and ".join(f"`{one}`" for one in self.methods)
        return (
            f"{name} has {listed}, and {self.ability} is not among its bases, so nothing is ever "
            f"asked of that: write `class {name}(…, {self.ability})`, or name it otherwise"
        )


def undeclared(adapter: type[Adapter[Any]]) -> list[Undeclared]:
    """Of an adapter, and of the clients that `connect` is annotated to yield.

    What one of these clients declares, another may have and not declare.
    """
    kinds = [adapter, *filter(None, yielded(adapter))]
    declared = frozenset[str]().union(*map(abilities, kinds))
    found = (one for kind in kinds for one in _undeclared_by(kind))
    return [one for one in found if one.ability not in declared]


def _undeclared_by(kind: type) -> Iterator[Undeclared]:
    is_adapter = issubclass(kind, Adapter)
    owner, module = (Adapter, adapter_supports) if is_adapter else (Client, supports)
    own = [one for one in kind.__mro__ if owner in one.__mro__ and not _is_ours(one)]
    for ability in _abilities(module):
        asked = {name: vars(ability)[name] for name in ability.__abstractmethods__}
        if ability not in kind.__mro__ and all(_has(own, *one) for one in asked.items()):
            yield Undeclared(kind, ability.__name__, tuple(sorted(asked)))


def _is_ours(kind: type) -> bool:
    """The interface, and the loopback network, of whose abilities tests take some away."""
    return kind.__module__.partition(".")[0] == "bridgekit"


def _abilities(module: ModuleType) -> list[Any]:
    """Those that a method makes."""
    named = (one for name, one in vars(module).items() if name.startswith("Supports"))
    return [one for one in named if getattr(one, "__abstractmethods__", None)]


def _has(own: list[type], name: str, asked: Any) -> bool:
    """Whether they have a method of that name that can be called as that of the ability is."""
    method = next((vars(one)[name] for one in own if name in vars(one)), None)
    if not isinstance(method, FunctionType):
        return False
    alike = inspect.iscoroutinefunction(method) == inspect.iscoroutinefunction(asked)
    parameters = inspect.signature(asked).parameters.values()
    named = {one.name: None for one in parameters if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(method).bind(*[None] * (len(parameters) - len(named)), **named)
    except TypeError:
        return False
    return alike
