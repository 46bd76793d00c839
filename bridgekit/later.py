"""Two parts that need each other: whichever is built first asks here for the other."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Later(Generic[T]):
    """Holds one part, from when it is built."""

    def __init__(self) -> None:
        self._parts: list[T] = []

    def put(self, part: T) -> T:
        self._parts.append(part)
        return part

    def get(self) -> T:
        (part,) = self._parts
        return part
