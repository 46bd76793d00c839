"""A bounded memory of what was looked up: 100 000 portals must cost nothing until touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRU(Generic[K, V]):
    """Forgets what was not used for longest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def __contains__(self, key: K) -> bool:
        return key in self._items

    def peek(self, key: K) -> V | None:
        """As `get`, but it does not count as use."""
        return self._items.get(key)

    def values(self) -> Sequence[V]:
        """All of them, as they are now."""
        return list(self._items.values())

    def items(self) -> Sequence[tuple[K, V]]:
        """All of them, first what was not used for longest."""
        return list(self._items.items())

    def put(self, key: K, value: V) -> V:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._size:
            self._items.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        self._items.pop(key, None)
