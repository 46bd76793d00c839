"""What a bridge has in memory: every collection that hangs on its objects, and how large it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from bridgekit.lru import LRU

# Bounded by themselves, at more than a test is worth.
BOUNDED = {"_digests", "_seen", "_read"}


def containers(root: object) -> Iterator[tuple[str, int]]:
    """Every collection that hangs on the bridge's own objects, by path, with its size."""
    seen: set[int] = set()
    todo: deque[tuple[str, Any]] = deque([("", root)])
    while todo:
        path, value = todo.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, LRU):
            continue
        if isinstance(value, dict | set | list | deque):
            yield path, len(value)
            items = value.values() if isinstance(value, dict) else value
            todo.extend((f"{path}[]", item) for item in items)
        elif type(value).__module__.startswith("bridgekit.") and ".testing" not in (
            type(value).__module__
        ):
            todo.extend((f"{path}.{name}", item) for name, item in attributes(value))


def attributes(value: object) -> Iterator[tuple[str, Any]]:
    names = set(getattr(value, "__dict__", ()))
    for kind in type(value).__mro__:
        names |= set(getattr(kind, "__slots__", ()))
    for name in sorted(names - BOUNDED - {"__weakref__"}):
        if hasattr(value, name):
            yield name, getattr(value, name)
