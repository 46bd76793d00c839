"""The queue as a few lines: how much there is of each reason, age, chat or person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.console import Console

from bridgekit.cli.output import iso, show_table, span
from bridgekit.cli.queue.picking import Entry
from bridgekit.models import Millis
from bridgekit.reasons import WORDS, Reason

_AGES = ((60, "under a minute"), (3600, "under an hour"), (86_400, "under a day"))
_OLD = "a day and more"
_LETTERS = 200  # of what a group is: an error may be long


class By(StrEnum):
    REASON = "reason"
    AGE = "age"
    CHAT = "chat"
    PERSON = "person"


@dataclass(slots=True)
class Group:
    """`words` say what the group is; `example` is the oldest of it."""

    name: str
    words: str
    example: Entry
    failed: int = 0
    waiting: int = 0

    def record(self) -> dict[str, Any]:
        return {
            "group": self.name,
            "words": self.words,
            "failed": self.failed,
            "waiting": self.waiting,
            "oldest": iso(self.example.job.received_at),
            "reference": self.example.name,
        }


def grouped(entries: Iterable[Entry], by: By, now: Millis) -> list[Group]:
    """Those of which most failed first."""
    found: dict[str, Group] = {}
    for entry in entries:
        name, words = _group_of(entry, by, now)
        group = found.setdefault(name, Group(name, words, entry))
        if entry.job.received_at < group.example.job.received_at:
            group.example = entry
        group.failed += entry.job.dead
        group.waiting += not entry.job.dead
    return sorted(found.values(), key=lambda one: (-one.failed, -one.waiting, one.name))


def show_groups(to: Console, groups: Iterable[Group], now: Millis) -> None:
    """A line each."""
    rows = [
        (
            str(one.failed or ""),
            str(one.waiting or ""),
            span((now - one.example.job.received_at) / 1000),
            one.example.name,
            one.words[:_LETTERS],
        )
        for one in groups
    ]
    show_table(to, ("failed", "waits", "oldest", "example", "what"), rows)


def _group_of(entry: Entry, by: By, now: Millis) -> tuple[str, str]:
    """Its name for programs, and its words for people."""
    match by:
        case By.REASON:
            return _reason(entry)
        case By.AGE:
            age = (now - entry.job.received_at) / 1000
            words = next((words for below, words in _AGES if age < below), _OLD)
            return words, words
        case By.CHAT:
            return str(entry.place), str(entry.place)
        case By.PERSON:
            who = entry.person or "nobody in particular"
            return who, who


def _reason(entry: Entry) -> tuple[str, str]:
    if entry.job.reason:
        return entry.job.reason, f"{entry.job.reason}: {WORDS[Reason(entry.job.reason)].sentence}"
    if entry.job.dead:
        return "failed", entry.job.error or "It failed."
    return entry.job.error or "its turn", entry.job.error or "Waits for its turn."
