"""The plot: messages a second of every entrant, as an SVG of its own without a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

from benchmarks.rows import ROWS, Row

LEFT, WIDTH, BAR, GAP, TOP = 230, 560, 13, 14, 56
LEAST, MOST = 1.0, 6.0  # powers of ten
SVG = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="11"'
COLOURS = ("#b8b8b8", "#8a8a8a", "#8fb6d9", "#e0a458", "#1b7f5c", "#5aa987", "#9fd0ba", "#b07aa1")


def svg(figures: Mapping[str, Any], names: Sequence[str]) -> str:
    """Bars on a logarithmic scale; a line marks what is to be reached."""
    rows = [row for row in ROWS if row.up and row.target and row.key in figures]
    group = BAR * len(names) + GAP
    height = TOP + group * len(rows) + 30
    parts = [
        f'<svg {SVG} width="{LEFT + WIDTH + 90}" height="{height}">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_legend(names),
        *_grid(height),
    ]
    for place, row in enumerate(rows):
        parts += _group(row, figures[row.key], names, TOP + place * group)
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float) -> float:
    power = min(max(log10(max(value, 1e-9)), LEAST), MOST)
    return LEFT + WIDTH * (power - LEAST) / (MOST - LEAST)


def _legend(names: Sequence[str]) -> list[str]:
    parts = []
    for place, name in enumerate(names):
        x, y = 10 + place % 4 * 200, 10 + place // 4 * 18
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{_colour(place)}"/>')
        parts.append(f'<text x="{x + 15}" y="{y + 9}">{escape(name)}</text>')
    return parts


def _grid(height: int) -> list[str]:
    parts = []
    for power in range(int(LEAST), int(MOST) + 1):
        x = _x(10.0**power)
        parts.append(f'<path d="M{x:.1f} {TOP - 6}V{height - 22}" stroke="#ddd"/>')
        label = f"{10**power:,}".replace(",", " ")
        parts.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{label}</text>')
    return parts


def _group(row: Row, found: Mapping[str, Any], names: Sequence[str], top: int) -> list[str]:
    middle = top + BAR * len(names) / 2 + 4
    parts = [f'<text x="{LEFT - 8}" y="{middle:.1f}" text-anchor="end">{escape(row.label)}</text>']
    for place, name in enumerate(names):
        if name in found:
            y = top + place * BAR
            end = _x(found[name]["median"])
            colour = _colour(place)
            parts.append(
                f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR - 2}"'
                f' fill="{colour}"/>'
            )
            label = f"{found[name]['median']:,.0f}".replace(",", " ")
            parts.append(f'<text x="{end + 4:.1f}" y="{y + BAR - 3}">{label}</text>')
    if row.target is not None:
        x = _x(row.target)
        parts.append(
            f'<path d="M{x:.1f} {top - 3}v{BAR * len(names) + 4}" stroke="#c0392b"'
            ' stroke-width="1.5" stroke-dasharray="4 2"/>'
        )
    return parts


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
