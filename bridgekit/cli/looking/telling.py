"""The story of an event in one sentence, and what people have of it: an ID or a link. Pure."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from bridgekit.cli.output import span
from bridgekit.models import Outcome, Result
from bridgekit.reasons import WORDS, Reason

_HOSTS = ("matrix.to",)


def name_in(text: str) -> str:
    """The event's ID in a link to it (`https://matrix.to/#/!r/$event`, `matrix:`); else itself."""
    text = text.strip()
    parts = urlsplit(text)
    if parts.scheme == "matrix":
        pieces = unquote(parts.path).split("/")
        # Without its sigil, as the specification has it ("matrix: URI scheme").
        return f"${pieces[-1]}" if "e" in pieces[:-1] else text
    if parts.hostname in _HOSTS:
        last = unquote(parts.fragment.partition("?")[0]).rsplit("/", 1)[-1]
        return last if last.startswith("$") else text
    return text


def ended(outcome: Outcome) -> str:
    """What became of it."""
    words, took = WORDS[Reason(outcome.reason)], outcome.finished_at - outcome.received_at
    within = f"{took} ms" if took < 1000 else span(took / 1000)  # noqa: PLR2004 (a second)
    match outcome.result:
        case Result.DELIVERED if outcome.reason == Reason.DELIVERED:
            return f"It was delivered, {within} after it was received."
        case Result.DELIVERED:
            return f"It came to its end {within} after it was received. {words.sentence}"
        case Result.DROPPED:
            return f"It was not bridged, by a rule. {words.sentence}"
        case Result.UNKNOWN:
            return f"Nobody knows whether it was delivered. {words.sentence}"
        case _:
            return f"It failed. {outcome.detail or words.sentence}"


def waits(seconds: float, why: str | None) -> str:
    """What keeps it."""
    return f"It has waited for {span(seconds)}{f': {why}' if why else ' for its turn'}."
