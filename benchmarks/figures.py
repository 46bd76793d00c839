"""From timestamps to figures, and from figures to ratios. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

Figures = dict[str, float]


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    return sorted_values[max(0, ceil(share * len(sorted_values)) - 1)]


def latencies(seconds: Sequence[float], name: str) -> Figures:
    """The median and the 99th percentile, in milliseconds; nothing of no values."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        f"{name}_p50_ms": round(percentile(ordered, 0.5) * 1000, 2),
        f"{name}_p99_ms": round(percentile(ordered, 0.99) * 1000, 2),
    }


def throughput(first: float, last: float, count: int, cpu_s: float) -> Figures:
    """Messages a second, and CPU seconds for ten thousand of them."""
    return {
        "messages_per_s": round(count / max(last - first, 1e-9), 1),
        "cpu_s_per_10000": round(cpu_s / max(count, 1) * 10_000, 3),
    }


def correctness(expected: int, arrived: Mapping[str, Any]) -> Figures:
    """What must be nought."""
    return {
        "lost": expected - len(arrived["at"]),
        "doubled": arrived["doubled"],
        "reordered": arrived["reordered"],
    }


def ratios(subject: Figures, floor: Figures) -> Figures:
    """The subject's figures as multiples of the floor's, where both have them."""
    return {
        name: round(value / floor[name], 3)
        for name, value in subject.items()
        if floor.get(name) and name not in ("lost", "doubled", "reordered")
    }


def compared(measured: Mapping[str, Figures]) -> dict[str, Any]:
    """What was measured, with the bridge's figures as multiples of each floor's."""
    floors = {name: figures for name, figures in measured.items() if name != "bridge"}
    return {
        **measured,
        "ratio": {
            f"bridge to {name}": ratios(measured["bridge"], floor) for name, floor in floors.items()
        },
    }
