"""Draws `clients.svg`, what clients show in an encrypted room: `python -m docs.draw_clients`.

A test on a real Synapse holds it against the crypto that Element Web and Desktop are made with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

FILE = Path(__file__).with_name("clients.svg")

_WIDTH, _ROW, _HEAD, _FOOT = 760, 128, 58, 50
_RED, _GREY, _INK = "#c0392b", "#667", "#223"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as clients show it. `colour` and `reason` are as matrix-js-sdk names them."""

    name: str
    about: str
    text: str
    colour: str
    reason: str | None
    words: str
    why: Sequence[str]


GHOST = Seen(
    "bob",
    "of the network, in another room",
    "hello from the other side",
    "RED",
    "MISMATCHED_SENDER",
    "The sender of the event does not match the owner of the device that sent it.",
    (
        "There one device, the bot's, encrypts for everybody of the network.",
        "Whoever has chosen to exclude insecure devices is shown nothing of it.",
    ),
)
OWN = Seen(
    "bob",
    "of the network, in a private chat",
    "hello from the other side",
    "NONE",
    None,
    "no shield",
    (
        "There bob has a device, and has signed it (cross-signing).",
        "Whoever has chosen to exclude insecure devices is shown it as well.",
    ),
)
BOT = Seen(
    "Bridge bot",
    "the bridge itself",
    "Your message was not bridged: …",
    "NONE",
    None,
    "no shield",
    (
        "The bot has signed its device (cross-signing).",
        "Whoever verifies the bot has verified the bridge.",
    ),
)


def svg() -> str:
    """The whole picture."""
    seen = (OWN, GHOST, BOT)
    height = _HEAD + len(seen) * _ROW + _FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        f' width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
        "<title>What clients show beside messages in an encrypted room</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        _words(24, 32, "In an encrypted room, in Element Web and Desktop", size=15, bold=True),
    ]
    for place, one in enumerate(seen):
        lines += _shown(one, _HEAD + place * _ROW)
    below = height - 26
    said = "Seen with matrix-js-sdk 43, whose crypto they use; the words are Element's. Drawn."
    return "\n".join([*lines, _words(24, below, said, colour=_GREY, size=11), "</svg>", ""])


def _shown(one: Seen, top: int) -> list[str]:
    lines = [
        f'<rect x="16" y="{top}" width="{_WIDTH - 32}" height="{_ROW - 14}" rx="8"',
        ' fill="#f6f7fa" stroke="#d5d9e2"/>',
        f'<circle cx="48" cy="{top + 34}" r="16" fill="#8aa4d6"/>',
        _words(43, top + 39, one.name[0].upper(), colour="white", size=14, bold=True),
        _words(76, top + 30, one.name, bold=True),
        _words(76 + 9 * len(one.name) + 8, top + 30, one.about, colour=_GREY, size=11),
        _words(76, top + 50, one.text),
    ]
    colour = _RED if one.colour == "RED" else _GREY
    if one.reason is not None:
        lines += [_shield(46, top + 74, colour)]
    lines.append(_words(76, top + 76, one.words, colour=colour, size=12))
    return lines + [
        _words(76, top + 93 + 14 * line, text, colour=_GREY, size=11)
        for line, text in enumerate(one.why)
    ]


def _shield(x: int, y: int, colour: str) -> str:
    path = f"M{x} {y - 11}l9 3v7c0 6-4 9-9 11c-5-2-9-5-9-11v-7z"
    mark = _words(x - 2, y + 4, "!", colour="white", size=13, bold=True)
    return f'<path d="{path}" fill="{colour}"/>{mark}'


def _words(
    x: int, y: int, text: str, *, colour: str = _INK, size: int = 13, bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    where = f'x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}'
    return f"<text {where}>{escape(text)}</text>"


if __name__ == "__main__":
    FILE.write_text(svg(), encoding="utf-8")
