"""All mistakes in one list, and as the table of docs/mistakes.md."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from bridgekit.mistakes import (
    of_homeservers,
    of_installations,
    of_namespaces,
    of_people,
    of_registrations,
)
from bridgekit.mistakes.mistake import Mistake

_PARTS: dict[str, ModuleType] = {
    "The registration": of_registrations,
    "Its patterns, and other bridges": of_namespaces,
    "The homeserver, and the way from it": of_homeservers,
    "The bridge's own machine": of_installations,
    "Links, policy lists, and people": of_people,
}


def mistakes() -> Iterator[tuple[str, Mistake]]:
    """Each with the part of the set-up that it is in."""
    for part, module in _PARTS.items():
        for value in vars(module).values():
            if isinstance(value, Mistake):
                yield part, value


def table() -> str:
    """Markdown: a table for each part, a row for each mistake."""
    lines: list[str] = []
    for part in _PARTS:
        lines += [f"## {part}", "", "| Id | Severity | What | Why it matters | Fix |"]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(one) for where, one in mistakes() if where == part]
        lines.append("")
    return "\n".join(lines)


def _row(one: Mistake) -> str:
    cells = (f"`{one.id}`", one.severity.value, one.what, one.why, one.fix)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
