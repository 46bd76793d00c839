"""Draws `delivery.svg` from the transition tables: `python -m docs.draw`. A test says when to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from math import hypot
from pathlib import Path
from typing import Any

from bridgekit.adapter import LoginState
from bridgekit.models import PartState, PortalState
from bridgekit.states import LOGIN, PART, PORTAL

FILE = Path(__file__).with_name("delivery.svg")

_BOX = (150, 44)
_STEP = (244, 130)  # from one box to the next, across and down
_LEFT, _HEAD, _GAP = 24, 92, 40
_ASIDE = 9  # how far an arrow is from the middle
_APART = 26  # and across, where another leads back: there is room for the words of both
_WORDS_AT = 0.4  # of an arrow: those of the one that leads back must not hide them
_OVER = 62  # how high an arrow goes that passes another box


@dataclass(frozen=True, slots=True)
class Box:
    """A state: its place, by column and row, and what it means to an operator."""

    column: int
    row: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One table, with the words at its arrows by where they begin and end."""

    title: str
    boxes: Mapping[StrEnum, Box]
    arrows: Mapping[tuple[StrEnum, StrEnum], str]

    @property
    def height(self) -> int:
        rows = max(box.row for box in self.boxes.values())
        return _HEAD + round(rows * _STEP[1]) + _BOX[1] + _GAP


def _labelled(table: Mapping[Any, StrEnum]) -> dict[tuple[StrEnum, StrEnum], str]:
    """From states and moves to states: the moves, by what they lead from and to."""
    words: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, move), after in table.items():
        words.setdefault((state, after), []).append(str(move))
    return {ends: ", ".join(said) for ends, said in words.items()}


def machines() -> Sequence[Machine]:
    """The tables, with a place for each of their states."""
    parts: dict[StrEnum, Box] = {
        PartState.PLANNED: Box(0, 0, "not sent"),
        PartState.SENT: Box(2, 0, "the network has it"),
        PartState.UNKNOWN: Box(1, 0, "its sender is told"),
        PartState.SENDING: Box(1, 1, "marked, and on its way"),
        PartState.DOUBT: Box(1, 2.3, "asked about at the start"),
    }
    logins: dict[StrEnum, Box] = {
        LoginState.OFFLINE: Box(0, 0, "nobody needs it"),
        LoginState.CONNECTING: Box(1, 0, "messages wait for 10 s"),
        LoginState.ONLINE: Box(2, 0, "it sends and hears"),
        LoginState.BACKOFF: Box(0, 1, "tried again by itself"),
        LoginState.REFUSED: Box(2, 1, "its people are told"),
    }
    portals: dict[StrEnum, Box] = {
        PortalState.NEW: Box(0, 0, "no room, none wanted"),
        PortalState.WANTED: Box(1, 0, "a room is to be made"),
        PortalState.CREATING: Box(2, 0, "the room may exist"),
        PortalState.BOUND: Box(1, 1, "chat and room are one"),
    }
    rooms: dict[tuple[StrEnum, StrEnum], str] = {
        (state, after): ""
        for state, following in PORTAL.items()
        for after in sorted(following)
        if after is not state
    }
    return (
        Machine("A message on its way to a network, part by part", parts, _labelled(PART)),
        Machine("A login on a network", logins, _labelled(LOGIN)),
        Machine("A chat and its room", portals, rooms),
    )


def svg() -> str:
    """The whole picture; the same for the same tables."""
    drawn = machines()
    width = 2 * _LEFT + 2 * _STEP[0] + _BOX[0]
    height = sum(machine.height for machine in drawn)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        f' width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        "<title>What a message, a login and a chat go through</title>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" orient="auto"',
        ' markerWidth="8" markerHeight="8"><path d="M0 0 8 4 0 8z" fill="#557"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    top = 0
    for machine in drawn:
        lines += _machine(machine, top)
        top += machine.height
    return "\n".join([*lines, "</svg>", ""])


def _machine(machine: Machine, top: int) -> list[str]:
    title = f'<text x="{_LEFT}" y="{top + 26}" font-size="15" font-weight="bold">'
    lines = [f"{title}{escape(machine.title)}</text>"]
    for (begin, end), words in machine.arrows.items():
        alone = (end, begin) not in machine.arrows
        lines += _arrow(machine.boxes[begin], machine.boxes[end], words, top, alone=alone)
    for state, box in machine.boxes.items():
        lines += _drawn(state, box, top)
    return lines


def _drawn(state: StrEnum, box: Box, top: int) -> list[str]:
    (x, y), (width, height) = _middle(box, top), _BOX
    corner = f'x="{x - width / 2:g}" y="{y - height / 2:g}"'
    name, meaning = f'x="{x:g}" y="{y - 3:g}"', f'x="{x:g}" y="{y + 14:g}"'
    return [
        f'<rect {corner} width="{width}" height="{height}" rx="6" fill="#eef3fb" stroke="#557"/>',
        f'<text {name} text-anchor="middle" font-weight="bold">{escape(str(state))}</text>',
        f'<text {meaning} text-anchor="middle" font-size="11">{escape(box.meaning)}</text>',
    ]


def _middle(box: Box, top: int) -> tuple[float, float]:
    x = _LEFT + _BOX[0] / 2 + box.column * _STEP[0]
    return x, top + _HEAD + _BOX[1] / 2 + box.row * _STEP[1]


def _arrow(begin: Box, end: Box, words: str, top: int, *, alone: bool) -> list[str]:
    """A line, a little to its right; an arc where it would run through another box.

    `alone`: none leads back.
    """
    (x1, y1), (x2, y2) = _middle(begin, top), _middle(end, top)
    if begin.row == end.row and abs(begin.column - end.column) > 1:
        y1, y2 = y1 - _BOX[1] / 2, y2 - _BOX[1] / 2
        x1, x2 = x1 + _ASIDE, x2 + _ASIDE
        middle = (x1 + x2) / 2, y1 - _OVER
        path = f"M{x1:g} {y1:g}Q{middle[0]:g} {middle[1]:g} {x2:g} {y2:g}"
        return _path(path, words, middle[0], y1 - _OVER / 2)
    length = hypot(x2 - x1, y2 - y1)
    ahead, down = (x2 - x1) / length, (y2 - y1) / length
    aside = -down * (_ASIDE if alone else _APART), ahead * _ASIDE
    x1, y1, x2, y2 = x1 + aside[0], y1 + aside[1], x2 + aside[0], y2 + aside[1]
    first, last = _edge(ahead, down, aside), _edge(-ahead, -down, aside)
    x1, y1, x2, y2 = x1 + ahead * first, y1 + down * first, x2 - ahead * last, y2 - down * last
    x, y = x1 + (x2 - x1) * _WORDS_AT, y1 + (y2 - y1) * _WORDS_AT
    if begin.row == end.row:  # beside the line, on the side where no other is
        x, y = (x1 + x2) / 2, y + (10 if ahead > 0 and not alone else -9)
    return _path(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", words, x, y)


def _edge(ahead: float, down: float, aside: tuple[float, float]) -> float:
    """How far it is to the border of the box, from beside its middle."""
    ways = []
    for way, size, off in zip((ahead, down), _BOX, aside, strict=True):
        if abs(way) > 1e-6:  # noqa: PLR2004 (not across)
            ways.append((size / 2 - (off if way > 0 else -off)) / abs(way))
    return min(ways) + 1


def _path(path: str, words: str, x: float, y: float) -> list[str]:
    lines = [f'<path d="{path}" fill="none" stroke="#557" marker-end="url(#end)"/>']
    if words:
        lines.append(
            f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-size="11" fill="#935" '
            f'stroke="white" stroke-width="4" paint-order="stroke">{escape(words)}</text>'
        )
    return lines


if __name__ == "__main__":
    FILE.write_text(svg(), encoding="utf-8")
