"""Polls, votes and the end of a poll as the contents of events, and a poll's answers read; pure.

MSC3381 in the unstable form, which is the one that clients send and understand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridgekit.events import Poll
from bridgekit.ids import EventID
from bridgekit.matrix.relation_content import related

POLL = "org.matrix.msc3381.poll"
START, RESPONSE, END = f"{POLL}.start", f"{POLL}.response", f"{POLL}.end"
MOST_ANSWERS = 20  # MSC3381: what is beyond is cut off by clients
LARGEST = 20_000  # bytes; a later state of a poll holds all of it twice (see `content.py`)
_LENGTHS = (500, 250, 120, 60)  # characters of each text, the first with which the poll fits
_TEXT = "org.matrix.msc1767.text"


def poll_start(poll: Poll, speaks_for: str | None) -> dict[str, Any]:
    """A poll whose answers are called 0, 1, 2 …, in the order of its options."""
    start: dict[str, Any] = {}
    for length in _LENGTHS:
        start = _start(_shortened(poll, length), speaks_for)
        if _size(start) <= LARGEST:
            break
    return start


def _start(poll: Poll, speaks_for: str | None) -> dict[str, Any]:
    question = poll.question if speaks_for is None else f"<{speaks_for}> {poll.question}"
    kind = "undisclosed" if poll.anonymous else "disclosed"
    start = {
        "kind": f"{POLL}.{kind}",
        "max_selections": len(poll.options) if poll.multiple else 1,
        "question": {_TEXT: question, "body": question, "msgtype": "m.text"},
        "answers": [{"id": str(place), _TEXT: text} for place, text in enumerate(poll.options)],
    }
    lines = [question, *(f"{place}. {text}" for place, text in enumerate(poll.options, 1))]
    return {START: start, _TEXT: "\n".join(lines), "m.mentions": {}}


def _shortened(poll: Poll, length: int) -> Poll:
    options = tuple(_short(option, length) for option in poll.options)
    return replace(poll, question=_short(poll.question, length), options=options)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _size(content: Mapping[str, Any]) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())


def poll_response(poll: EventID, answers: Sequence[str]) -> dict[str, Any]:
    """The whole choice; no answer withdraws it."""
    return {RESPONSE: {"answers": list(answers)}, **related("m.reference", poll)}


def poll_end(poll: EventID) -> dict[str, Any]:
    return {END: {}, _TEXT: "The poll has ended.", **related("m.reference", poll)}


def answers_of(event: Mapping[str, Any]) -> list[str] | None:
    """What the answers of a poll on Matrix are called, in order; None if it is no poll."""
    content = event.get("content")
    content = content if isinstance(content, dict) else {}
    start = content.get(START) or content.get("m.poll")
    answers = start.get("answers") if isinstance(start, dict) else None
    if not isinstance(answers, list):
        return None
    return [
        str(answer.get("id") or answer.get("m.id") or "")
        for answer in answers
        if isinstance(answer, dict)
    ]
