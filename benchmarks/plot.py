"""The plot: a panel for each figure that matters most, as an SVG of its own without a library.

A dot is an entrant's median, the line through it reaches from its lowest to its highest round, and
the broken line is what the bridge is to reach: where that is a ratio, on this machine. Scales are
logarithmic, as the entrants differ most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any

from benchmarks.entrants.known import OURS
from benchmarks.figures import tried
from benchmarks.rows import Row, rows, yardstick
from benchmarks.scale import SCALES

SHOWN = {
    "to_matrix/50/messages_per_s": "IRC→Matrix, channels, messages/s",
    "to_matrix/hot/messages_per_s": "IRC→Matrix, hot channel, messages/s",
    "to_matrix/50/cpu_s_per_10000": "IRC→Matrix, CPU s for 10 000",
    "to_network/1/messages_per_s": "Matrix→IRC, by 1, messages/s",
    "to_network/100/messages_per_s": "Matrix→IRC, by 100, messages/s",
    "to_network/100/cpu_s_per_10000": "Matrix→IRC, by 100, CPU s for 10 000",
    "to_matrix/at 50/p50_ms": "IRC→Matrix, 50/s, p50 ms",
    "to_network/at 50/p50_ms": "Matrix→IRC, 50/s, p50 ms",
    "to_network/ack/p50_ms": "200 for 100 events, p50 ms",
    "start/1000/first_message_s": "start, 1 000 portals, s",
    "start/10000/first_message_s": "start, 10 000 portals, s",
    "start/10000/rss_mib": "10 000 portals, memory, MiB",
}
"""Titles of the panels, three in a line."""

COLUMNS, WIDTH, NAMES, LINE, HEAD, FOOT = 3, 400, 134, 19, 42, 34
MARGIN, TITLE = 16, 62
FAINT, GRID, TARGET = "#777", "#e6e6e6", "#c0392b"
OUR_COLOUR, OTHERS = "#1b7f5c", "#7a8794"
HALO = 'stroke="white" stroke-width="3" paint-order="stroke" fill="#222"'
"""For text across a line."""
LEAST = 0.01  # what is less is shown there
XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
STYLE = 'font-family="Helvetica, Arial, sans-serif" font-size="11.5"'


@dataclass(frozen=True, slots=True)
class Axis:
    """From a value to its place: `low` and `high` are powers of ten."""

    left: float
    width: float
    low: int
    high: int

    def x(self, value: float) -> float:
        share = (log10(max(value, LEAST)) - self.low) / (self.high - self.low)
        return self.left + self.width * min(max(share, 0.0), 1.0)


def svg(document: Mapping[str, Any], names: Sequence[str]) -> str:
    figures = document["figures"]
    found = [row for row in rows(SCALES[document["scale"]]) if row.key in figures]
    shown = {row.key: row for row in found if row.key in SHOWN}
    tall = HEAD + LINE * len(names) + FOOT  # of a panel
    lines = ceil(len(shown) / COLUMNS)
    width, height = 2 * MARGIN + COLUMNS * WIDTH, TITLE + lines * tall + MARGIN
    parts = [
        f'<svg {XMLNS} {STYLE} viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(MARGIN, 26, "What a bridge costs", 'font-size="17" font-weight="bold"'),
        *_legend(document["rounds"]),
    ]
    for place, key in enumerate(key for key in SHOWN if key in shown):
        left, top = MARGIN + place % COLUMNS * WIDTH, TITLE + place // COLUMNS * tall
        parts += _panel(shown[key], figures, names, left, top)
    return "\n".join([*parts, "</svg>", ""])


def _legend(rounds: int) -> list[str]:
    y = 46
    several = f"{rounds} round{'s' * (rounds != 1)}"
    said = f"dot: median of {several} · line: from lowest to highest · logarithmic scales"
    return [
        _text(MARGIN, y, said, f'fill="{FAINT}"'),
        f'<path d="M{MARGIN + 440} {y - 11}v14" {_stroke(TARGET)} stroke-dasharray="3 2"/>',
        _text(MARGIN + 447, y, "to reach", f'fill="{TARGET}"'),
    ]


def _panel(
    row: Row, figures: Mapping[str, Any], names: Sequence[str], left: float, top: float
) -> list[str]:
    """One figure of everybody of whom it was measured."""
    found = figures[row.key]
    asked = [name for name in names if tried(row.key, figures, name)]
    axis = _axis(row, found, left + NAMES)
    bottom = top + HEAD + LINE * len(asked)
    better = "more is better" if row.up else "less is better"
    parts = [
        _text(left, top + 16, SHOWN[row.key], 'font-weight="bold"'),
        _text(left, top + 30, better, f'fill="{FAINT}" font-size="10"'),
        *_grid(axis, top + HEAD - 6, bottom),
    ]
    if target := _target(row, found):
        x = axis.x(target)
        line = f'<path d="M{x:.1f} {top + HEAD - 6}V{bottom}"'
        parts.append(f'{line} {_stroke(TARGET)} stroke-dasharray="3 2"/>')
    for place, name in enumerate(asked):
        y = top + HEAD + LINE * place + LINE / 2
        colour = OUR_COLOUR if name in OURS else OTHERS
        weight = ' font-weight="bold"' if name in OURS else ""
        end = f'text-anchor="end" fill="{colour}"{weight}'
        parts.append(_text(left + NAMES - 9, y + 4, name, end))
        if name in found:
            parts += _dot(axis, found[name], y, colour)
        else:
            parts.append(_text(axis.left + 4, y + 4, "not in time", f'fill="{FAINT}"'))
    return parts


def _axis(row: Row, found: Mapping[str, Any], left: float) -> Axis:
    """Whole powers of ten around everything in it."""
    values = [one[of] for one in found.values() for of in ("lowest", "highest")]
    values = [max(value, LEAST) for value in (*values, _target(row, found) or values[0])]
    low, high = floor(log10(min(values))), ceil(log10(max(values) * 1.02))
    return Axis(left, WIDTH - NAMES - 62, low, max(high, low + 1))


def _target(row: Row, found: Mapping[str, Any]) -> float | None:
    """Where there is a ratio to reach, that of the yardstick's median."""
    if row.ratio is None:
        return row.target
    measure = found.get(yardstick(row.key))
    return row.ratio * float(measure["median"]) if measure else None


def _grid(axis: Axis, top: float, bottom: float) -> list[str]:
    parts = []
    for power in range(axis.low, axis.high + 1):
        x = axis.x(10.0**power)
        parts.append(f'<path d="M{x:.1f} {top}V{bottom}" {_stroke(GRID)}/>')
        label = f'text-anchor="middle" font-size="10" fill="{FAINT}"'
        parts.append(_text(x, bottom + 13, _number(10.0**power), label))
    return parts


def _dot(axis: Axis, found: Mapping[str, Any], y: float, colour: str) -> list[str]:
    low, x, high = (axis.x(found[of]) for of in ("lowest", "median", "highest"))
    return [
        f'<path d="M{low:.1f} {y}H{high:.1f}" {_stroke(colour)} stroke-opacity="0.55"/>',
        f'<circle cx="{x:.1f}" cy="{y}" r="4.2" fill="{colour}"/>',
        _text(max(x, high) + 8, y + 4, _number(found["median"]), f'{HALO} font-size="10.5"'),
    ]


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _stroke(colour: str) -> str:
    return f'stroke="{colour}" stroke-width="1.6" fill="none"'


def _number(value: float) -> str:
    """Three significant digits, thousands apart."""
    short = float(f"{value:.3g}")
    return f"{short:,.0f}".replace(",", "\u2009") if short >= 10 else f"{short:g}"  # noqa: PLR2004 (from two digits on no decimals)
