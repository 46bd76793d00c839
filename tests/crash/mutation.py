"""One change that breaks a rule, and the test that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """`changes` are pieces of `file`, and what stands there instead."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    test: str


def one(name: str, file: str, old: str, new: str, test: str) -> Mutation:
    """A change at one place, of a file of the core."""
    return Mutation(name, f"bridgekit/{file}", ((old, new),), f"tests/{test}")
