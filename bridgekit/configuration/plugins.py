"""Entry points to Adapter classes: found at once, imported when asked for, broken ones reported."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from bridgekit.adapter import API_VERSION, Adapter, Client, Manifest

GROUP = "bridgekit.adapters"
DISTRIBUTION = "matrix-bridgekit"
_MANAGERS = ("connect", "lifespan")


@dataclass(frozen=True, slots=True)
class Found:
    """An adapter that can be used. `distribution` is the package that brought it."""

    name: str
    distribution: str
    adapter: type[Adapter[Any]]


@dataclass(frozen=True, slots=True)
class Broken:
    """An adapter that is installed but cannot be used; `why` is a sentence with what to do.

    `extra`: all that it lacks is what this extra of our own package brings, which nobody asked for.
    """

    name: str
    distribution: str
    why: str
    extra: str | None = None


class Adapters(Mapping[str, type[Adapter[Any]] | Broken]):
    """The installed adapters by name; each is imported when it is first looked up."""

    def __init__(self, points: Iterable[EntryPoint]) -> None:
        self._points: dict[str, list[EntryPoint]] = {}
        for point in points:
            self._points.setdefault(point.name, []).append(point)
        self._loaded: dict[str, Found | Broken] = {}

    def __getitem__(self, name: str) -> type[Adapter[Any]] | Broken:
        found = self.look_up(name)
        return found.adapter if isinstance(found, Found) else found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._points))

    def __len__(self) -> int:
        return len(self._points)

    def look_up(self, name: str) -> Found | Broken:
        """As `[name]`, with where the adapter comes from. KeyError: no such adapter."""
        if name not in self._loaded:
            point, *others = self._points[name]
            self._loaded[name] = _clash([point, *others]) if others else _load(point)
        return self._loaded[name]


def adapters() -> Adapters:
    """What is installed beside this interpreter."""
    return Adapters(entry_points(group=GROUP))


def installed(found: Adapters) -> list[Found | Broken]:
    """Every installed adapter, in the order of their names; imports all of them."""
    return [found.look_up(name) for name in found]


@dataclass(frozen=True, slots=True)
class Supported:
    """Names of `Supports*` bases: of the adapter and each of its clients, and of some clients only.

    `known`: `connect` is annotated with the classes of all clients that it yields.
    """

    always: tuple[str, ...]
    sometimes: tuple[str, ...]
    known: bool


def supports(adapter: type[Adapter[Any]]) -> Supported:
    """What an adapter and its clients declare."""
    kinds = yielded(adapter)
    clients = [abilities(kind) for kind in kinds if isinstance(kind, type)]
    known = len(clients) == len(kinds)
    every = frozenset.intersection(*clients) if clients and known else frozenset()
    some = frozenset().union(*clients) - every
    own = sorted(abilities(adapter))
    return Supported((*own, *sorted(every)), tuple(sorted(some)), known)


def yielded(adapter: type[Adapter[Any]]) -> list[type[Client] | None]:
    """The classes of the clients that `connect` is annotated to yield; None: it does not say."""
    try:
        hints = get_type_hints(adapter.connect)
    except Exception:  # noqa: BLE001  foreign: names for type checkers only, or no Python at all
        return [None]
    what = next(iter(get_args(hints.get("return"))), None)
    kinds = get_args(what) if isinstance(what, UnionType) or get_origin(what) is Union else [what]
    told = [isinstance(kind, type) and kind not in (Any, Client) for kind in kinds]
    return [kind if tells else None for kind, tells in zip(kinds, told, strict=True)]


def abilities(kind: type) -> frozenset[str]:
    """What a class declares, by the names of its bases."""
    names = {base.__name__ for base in kind.__mro__ if base.__module__.startswith("bridgekit.")}
    return frozenset(name for name in names if name.startswith("Supports"))


def _clash(points: list[EntryPoint]) -> Broken:
    """None of them is taken: which one it would be is chance, and so would be whom it speaks as."""
    origins = sorted({_distribution(point) for point in points})
    listed = " and ".join(origins)
    why = f"Several adapters are called {points[0].name} (from {listed}), so none is used"
    advice = f"uninstall all but one, as in: pip uninstall {origins[-1]}"
    if len(origins) == 1:  # one package says the name twice
        advice = f"report this to the author of {listed}"
    return Broken(points[0].name, listed, f"{why}; {advice}")


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unknown package"


def _load(point: EntryPoint) -> Found | Broken:
    distribution = _distribution(point)
    try:
        loaded = point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  foreign code may fail in any way; others must go on
        why = _import_failed(point, distribution, error)
        return Broken(point.name, distribution, why, _extra(point, distribution, error))
    fault = misfit(loaded)
    if fault is not None:
        why = f"The adapter {point.name} (from {distribution}) {fault}."
        return Broken(point.name, distribution, why)
    return Found(point.name, distribution, loaded)


def _import_failed(point: EntryPoint, distribution: str, error: BaseException) -> str:
    if isinstance(error, AttributeError) and error.obj is sys.modules.get(point.module):
        return (
            f"The adapter {point.name} (from {distribution}) is not where its entry point says: "
            f"{point.module} has no {error.name}, and the entry point is {point.value}; its author "
            "must mend that in pyproject.toml, and the package be installed anew"
        )
    what = f"{type(error).__name__}: {' '.join(_said(error).split())}"
    where = f"The adapter {point.name} (from {distribution}) cannot be imported: {what}"
    if isinstance(error, ModuleNotFoundError):
        return f"{where}; {_missing(point, distribution, error)}"
    return f"{where}; update {distribution}, or report this to its author"


def _said(error: BaseException) -> str:
    """Of a file that is no Python, Python itself says the name without its folder."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.msg} ({error.filename}, line {error.lineno})"
    return str(error)


def _missing(point: EntryPoint, distribution: str, error: ModuleNotFoundError) -> str:
    """What to do where a module is missing: it may be another package's."""
    lacks = error.name or ""
    needed = _extra(point, distribution, error)
    if needed is None and lacks.partition(".")[0] not in ("", point.module.partition(".")[0]):
        return (
            f"install the package that the module {lacks} is of, which its author should name "
            f"among the dependencies of {distribution}"
        )
    return f"install what it needs with: pip install '{needed or distribution}'"


def _extra(point: EntryPoint, distribution: str, error: BaseException) -> str | None:
    """What to install, where an adapter of our own lacks nothing but somebody else's library."""
    lacks = error.name if isinstance(error, ModuleNotFoundError) and error.name else point.module
    ours = lacks.partition(".")[0] in ("bridgekit", point.module.partition(".")[0])
    return None if ours or distribution != DISTRIBUTION else f"{DISTRIBUTION}[{point.name}]"


def misfit(loaded: object) -> str | None:
    """What keeps this from being an adapter, as the rest of a sentence; None if nothing does."""
    if not (isinstance(loaded, type) and issubclass(loaded, Adapter)):
        return "is not a subclass of bridgekit.Adapter; its entry point must name one"
    manifest = getattr(loaded, "manifest", None)
    if not isinstance(manifest, Manifest):
        return "has no manifest; its author must set Adapter.manifest"
    if manifest.api != API_VERSION:
        return _of_another_version(manifest.api)
    if not (isinstance(manifest.config, type) and issubclass(manifest.config, BaseModel)):
        return "has a config that is no pydantic model; its author must set Manifest.config"
    return _unfinished(loaded)


def _unfinished(adapter: type[Adapter[Any]]) -> str | None:
    """Of its methods; an `async def` as it stands is no context manager, what is decorated is."""
    if inspect.isabstract(adapter):
        missing = ", ".join(sorted(adapter.__abstractmethods__))
        return f"lacks {missing}; its author must write it"
    for name in _MANAGERS:
        method = getattr(adapter, name)
        if inspect.isasyncgenfunction(method) or inspect.iscoroutinefunction(method):
            what = f"has a {name} that nobody can enter"
            return f"{what}; its author must put @asynccontextmanager on it"
    return None


def _of_another_version(api: object) -> str:
    if not isinstance(api, int):
        return f"says {api!r} for the version of its interface; its author must set Manifest.api"
    return (
        f"was written for version {api} of the adapter interface, this bridgekit "
        f"speaks {API_VERSION}; update {'the adapter' if api < API_VERSION else DISTRIBUTION}"
    )
