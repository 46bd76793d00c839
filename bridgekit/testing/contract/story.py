"""What happened in a scenario, in order, in words: what a failure is told with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from bridgekit.events import Content, Deletion, Edit, Message, Pin, Reaction, RemoteEvent
from bridgekit.printable import printable
from bridgekit.richtext import plain
from bridgekit.testing.contract.folding import folded

HEAD = "What happened:"
_LONGEST = 80
_LONGEST_TROUBLE = 300  # characters: an error may say all that it was given
_UNDER = " " * 16


class Broken(AssertionError):  # noqa: N818 (a finding)
    """An obligation was not kept; the sentence says which, and the notes tell what happened."""


@dataclass(slots=True)
class Story:
    """`time` gives the seconds since the scenario began."""

    time: Callable[[], float]
    lines: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    """Whatever the bridge has logged, at any level, and libraries as warnings."""
    _troubles: set[str] = field(default_factory=set)

    def tell(self, line: str) -> None:
        self.lines.append(f"{self.time():8.1f} s  {printable(line)}")

    def trouble(self, lines: Sequence[str]) -> None:
        """Tell of what went wrong, and where; once, however often it is tried again."""
        what, *where = (printable(line)[:_LONGEST_TROUBLE] for line in lines)
        told = "\n".join([what, *(f"{_UNDER}{place}" for place in where)])
        if told not in self._troubles:
            self._troubles.add(told)
            self.lines.append(f"{self.time():8.1f} s  ! {told}")

    def __str__(self) -> str:
        return "\n".join([HEAD, *folded(self.lines)])


def shortened(text: str) -> str:
    """A text as one line of a story."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)")


def _by_id(message: str) -> str:
    return f"the message {message}"


def in_words(content: Content, named: Callable[[str], str] = _by_id) -> str:
    """What somebody did; `named` is what a message is called, by its ID."""
    match content:
        case Message():
            files = "".join(f" with the file {file.name!r}" for file in content.attachments)
            words = f"said {shortened(plain(content.text))}{files}"
        case Edit():
            text = shortened(plain(content.message.text))
            words = f"changed {named(content.target)} to {text}"
        case Reaction() | Pin():
            what = f"reacted {content.emoji} to" if isinstance(content, Reaction) else "pinned"
            undone = "took back: " if content.removed else ""
            words = f"{undone}{what} {named(content.target)}"
        case Deletion():
            words = f"deleted {named(content.target)}"
        case _:
            words = f"told {type(content).__name__}: {_facts(content)}"
    return words


def _facts(record: Any) -> str:
    """What a record says, as a person would write it down."""
    named = ((field.name, getattr(record, field.name)) for field in fields(record))
    return ", ".join(
        f"({_facts(value)})" if is_dataclass(value) else f"{name} {_fact(value)}"
        for name, value in named
        if value not in (None, "", (), False)
    )


def _fact(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_facts(one) if is_dataclass(one) else str(one) for one in value)
    return "yes" if value is True else str(value)


def event_in_words(event: Any) -> str:
    """What an adapter hands over."""
    if not isinstance(event, RemoteEvent):
        return f"a raw record {event.key}"
    named = f" (id {event.id})" if event.id else ""
    return f"{event.sender or 'nobody'} {in_words(event.content)}{named}"


def on_matrix(sender: str, kind: str, content: dict[str, Any], key: str | None = None) -> str:
    """What happened in the room; `key` is whom or what a state is about."""
    whom = f" of {key}" if key and key != sender else ""
    relation = content.get("m.relates_to", {})
    about = f", about {relation['event_id']}" if "event_id" in relation else ""
    words = content.get("body") or relation.get("key") or content.get("membership") or ""
    return f"on Matrix, {sender}: {kind} {shortened(str(words))}{whom}{about}"
