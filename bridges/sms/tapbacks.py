"""Reactions that phones text where a message cannot carry them: "Loved “See you”", and back.

iPhones name the reaction and quote; Google's app writes the emoji first, with invisible spaces
around it. What is quoted is found among what was said last, or the text stays a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridgekit import MessageID

_VERBS = {
    "loved": "❤️",
    "liked": "👍",
    "disliked": "👎",
    "laughed at": "😂",
    "emphasized": "‼️",
    "emphasised": "‼️",
    "questioned": "❓",
}
_NOUNS = {
    "a heart": "❤️",
    "a like": "👍",
    "a dislike": "👎",
    "a laugh": "😂",
    "an exclamation": "‼️",
    "a question mark": "❓",
}
_KINDS = "image|movie|audio message|attachment|video|photo|location|contact"
_QUOTE = r"[“\"„«](?P<quote>.*)[”\"“»]"
_VERB = re.compile(
    rf"(?P<verb>{'|'.join(_VERBS)})\s+(?:{_QUOTE}|an? (?P<kind>{_KINDS}))\s*",
    re.IGNORECASE | re.DOTALL,
)
_EMOJI = re.compile(rf"Reacted (?P<emoji>\S+) to {_QUOTE}\s*", re.IGNORECASE | re.DOTALL)
_REMOVED = re.compile(
    rf"Removed (?P<noun>{'|'.join(_NOUNS)}|(?:an? )?(?P<emoji>\S+)(?: reaction)?) from "
    rf"(?:{_QUOTE}|an? (?P<kind>{_KINDS}))\s*",
    re.IGNORECASE | re.DOTALL,
)
_GOOGLE = re.compile(
    rf"\u200a?\u200b?(?P<emoji>[^\s\u200a\u200b]+)\u200b?\s*to\s*[\u200a\u200b]*{_QUOTE}[\u200a\u200b]*\s*",
    re.DOTALL,
)
_IN_EMOJI = "#*0123456789\u203c\u2049\u200d\ufe0f"
_MARKS = str.maketrans(
    {**dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'), **dict.fromkeys("\u2018\u2019", "'")}
)
KEPT = 50  # of what was said last in a conversation, where reactions still find it


@dataclass(frozen=True, slots=True)
class Tapback:
    """A reaction as it was texted; `quote` None: to a file."""

    emoji: str
    quote: str | None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Localised:
    """A verb of another language, as an operator names it: `{"Aime": "👍"}`."""

    verbs: dict[str, str]


def tapback(text: str, localised: Localised | None = None) -> Tapback | None:
    """The reaction that a text is; None for an ordinary one."""
    if found := _REMOVED.fullmatch(text):
        emoji = _NOUNS.get(found["noun"].lower()) or found["emoji"]
        return Tapback(emoji, found["quote"], removed=True) if _is_emoji(emoji) else None
    if found := _VERB.fullmatch(text):
        return Tapback(_VERBS[" ".join(found["verb"].lower().split())], found["quote"])
    if (found := _EMOJI.fullmatch(text)) and _is_emoji(found["emoji"]):
        return Tapback(found["emoji"], found["quote"])
    if (found := _GOOGLE.fullmatch(text)) and _is_emoji(found["emoji"]):
        return Tapback(found["emoji"], found["quote"])
    return None if localised is None else _localised(text, localised)


def _localised(text: str, localised: Localised) -> Tapback | None:
    for verb, emoji in localised.verbs.items():
        found = re.fullmatch(rf"{re.escape(verb)}\s*{_QUOTE}\s*", text, re.IGNORECASE | re.DOTALL)
        if found:
            return Tapback(emoji, found["quote"])
    return None


def _is_emoji(text: str | None) -> bool:
    """Whether this can be a reaction: symbols, and no letters."""
    return bool(text) and all(
        unicodedata.category(one)[0] in "SMC" or one in _IN_EMOJI for one in text or ""
    )


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was said, by the words that a quotation is compared with; "" for a file."""

    id: MessageID
    words: str


class Recent:
    """What was said last in one conversation, by either side."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=KEPT)

    def add(self, ids: Sequence[MessageID], text: str) -> None:
        self._said.extend(Said(one, normal(text)) for one in ids[:1])

    def knows(self, message: MessageID) -> bool:
        return any(one.id == message for one in self._said)

    def target(self, reaction: Tapback) -> MessageID | None:
        """The newest message that the reaction quotes."""
        return match(reversed(self._said), reaction)


def match(newest_first: Iterable[Said], reaction: Tapback) -> MessageID | None:
    """What a reaction is about; None if nothing that is still known."""
    quote = None if reaction.quote is None else normal(reaction.quote)
    for one in newest_first:
        if quote is None:
            found = not one.words
        elif quote.endswith("…"):
            found = bool(one.words) and one.words.startswith(quote[:-1].rstrip())
        else:
            found = one.words == quote
        if found:
            return one.id
    return None


def normal(text: str) -> str:
    """Text as it is compared: phones change quotation marks and white space in what they quote."""
    simple = text.translate(_MARKS).replace("...", "…")
    return " ".join(unicodedata.normalize("NFKC", simple).replace("...", "…").split())
