"""From figures by round to medians, spreads and ratios. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from statistics import median
from typing import Any

Figures = dict[str, float]
"""By key, as in `rows.py`: `scenario/what/figure`."""

Rounds = Mapping[int, Figures]


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    return sorted_values[max(0, ceil(share * len(sorted_values)) - 1)]


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Of at least one value."""
    return {
        "median": _short(median(values)),
        "lowest": _short(min(values)),
        "highest": _short(max(values)),
        "rounds": [_short(value) for value in values],
    }


def ratios(key: str, entrant: Rounds, measure: Rounds) -> list[float]:
    """The entrant's figure as a multiple of another's, round by round."""
    return [
        figures[key] / measure[number][key]
        for number, figures in entrant.items()
        if key in figures and measure.get(number, {}).get(key)
    ]


def summary(
    measured: Mapping[str, Rounds], yardstick: Callable[[str], str], counts: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """By key and entrant: median and spread, and its ratio to the key's yardstick, an entrant.

    Of `counts` there are no ratios.
    """
    keys = dict.fromkeys(
        key for rounds in measured.values() for figures in rounds.values() for key in figures
    )
    return {key: _of_key(key, measured, yardstick(key), counts) for key in keys}


def tried(key: str, figures: Mapping[str, Any], entrant: str) -> bool:
    """Whether there is any figure of the entrant in the same scenario."""
    scenario = key.rpartition("/")[0]
    return any(
        entrant in found for other, found in figures.items() if other.rpartition("/")[0] == scenario
    )


def _of_key(
    key: str, measured: Mapping[str, Rounds], yardstick: str, counts: Sequence[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entrant, rounds in measured.items():
        values = [figures[key] for figures in rounds.values() if key in figures]
        if not values:
            continue
        found[entrant] = spread(values)
        compared = ratios(key, rounds, measured.get(yardstick, {}))
        if compared and key.rpartition("/")[2] not in counts:
            found[entrant]["ratio"] = spread(compared)
    return found


def _short(value: float) -> float:
    """Four significant digits are more than any of it is worth."""
    return float(f"{value:.4g}")
