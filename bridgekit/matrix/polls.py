"""Polls as events say them (MSC3381): in the stable spelling, and in what clients send. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_UNSTABLE = "org.matrix.msc3381.poll"
_TEXT = "org.matrix.msc1767.text"
_MOST = 20  # answers of a poll; what comes behind them is ignored (MSC3381)
_LONGEST = 1_000  # letters


@dataclass(frozen=True, slots=True)
class PollStart:
    """A question; `answers` are IDs with their words, in order. `most` of them may be chosen."""

    question: str
    answers: tuple[tuple[str, str], ...]
    most: int
    disclosed: bool


def poll_start(content: Mapping[str, Any]) -> PollStart | None:
    """The poll that this starts; None if it is none."""
    start = _mapping(content.get("m.poll")) or _mapping(content.get(f"{_UNSTABLE}.start"))
    question = _text(start.get("question"))
    listed = start.get("answers")
    answers: dict[str, str] = {}
    for answer in (listed if isinstance(listed, list) else [])[:_MOST]:
        named = _mapping(answer).get("m.id") or _mapping(answer).get("id")
        if isinstance(named, str) and (words := _text(answer)):
            answers.setdefault(named, words)
    if not question or not answers:
        return None
    most = start.get("max_selections")
    return PollStart(
        question,
        tuple(answers.items()),
        most if isinstance(most, int) and most > 0 else 1,
        not str(start.get("kind")).endswith("undisclosed"),
    )


def selections(content: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The IDs of the answers that somebody chose; None if this is no vote."""
    chosen = content.get("m.selections")
    if chosen is None:
        chosen = _mapping(content.get(f"{_UNSTABLE}.response")).get("answers")
    if not isinstance(chosen, list):
        return None
    return tuple(one for one in chosen if isinstance(one, str))


def _text(holder: object) -> str:
    """The words of a question or an answer, on one line."""
    said = _mapping(holder)
    blocks = said.get("m.text")
    plain = [
        _mapping(one).get("body")
        for one in (blocks if isinstance(blocks, list) else [])
        if _mapping(one).get("mimetype", "text/plain") == "text/plain"
    ]
    for words in (*plain, said.get(_TEXT), said.get("body")):
        if isinstance(words, str) and words.strip():
            return " ".join(words.split())[:_LONGEST]
    return ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
