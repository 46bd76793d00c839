"""Whether what months of life leave levels off: what is counted at the end of each month, held
against how much was said and begun in one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridgekit.store.retention import FOR_EVER, RETENTION, STATE

MONTH = 30  # days
LEFT, SHARE = 12, 0.1  # what chance may leave more of; and that of what the first month brought
OF_A_CHAT = 6  # rows of one table that say what is so in a chat
KEPT, SLACK = 300, 64  # bytes of a row that is kept for good, and KiB for whatever is in between

Counted = Mapping[str, float]
"""Rows by table (`rows TABLE`), `KiB` of them all, `lanes` and `objects` in memory."""

_DAYS = {f"rows {keep.table.name}": keep.days for keep in RETENTION}
_STATE = {f"rows {name}" for name in STATE}
_KEPT = {f"rows {name}" for name in FOR_EVER} | _STATE


def growing(months: Sequence[Counted], chats: int) -> Iterator[str]:
    """What goes on growing and need not, in sentences; `chats` are begun in each month, for good.

    Looked at is what there is more at the end than when the first of its kind was old enough to
    go: what leaks a little grows from there on as it did before, however much there is by then.
    """
    for name, last in months[-1].items():
        span = len(months) - 1 - settled(name)
        if span <= 0 or name.removeprefix("rows ") in FOR_EVER:
            continue
        since = months[settled(name)]
        if name == "KiB":
            rows = sum(months[-1].get(kept, 0) - since.get(kept, 0) for kept in _KEPT)
            most = rows * KEPT / 1024 + SLACK
        else:
            chance = LEFT + SHARE * months[0].get(name, 0)
            most = chance + _of_a_chat(name) * chats * span
        more = last - since.get(name, 0)
        if more > most:
            yield f"{name} grew by {more:.0f} in {span} months, by {most:.0f} at most is meant"


def settled(name: str) -> int:
    """The month at whose end something is old enough to go, and the bridge warm; 0 is the first."""
    days = max(_DAYS.values()) if name == "KiB" else _DAYS.get(name, 0)
    return max(1, -(-days // MONTH) - 1)


def _of_a_chat(name: str) -> int:
    """What each chat may have of it: in memory, that somebody is in it."""
    if name == "objects":
        return 1
    return OF_A_CHAT if name in _STATE else 0
