"""What a run measured, as one document: `python -m benchmarks` writes it as JSON."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING
from benchmarks.figures import Figures, summary
from benchmarks.rows import NO_RATIO, ROWS


@dataclass(slots=True)
class Record:
    """By entrant and round. `failed`: what an entrant did not get through, and why."""

    measured: dict[str, dict[int, Figures]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    failed: list[str] = field(default_factory=list)

    def add(self, entrant: str, round_: int, figures: Figures) -> None:
        known = self.measured[entrant][round_]
        known |= figures
        known |= _beyond(known)

    def document(self, **about: Any) -> dict[str, Any]:
        figures = summary(self.measured, DURABLE_CEILING, NO_RATIO)
        targets = {
            row.key: {
                "target": row.target,
                "ratio": row.ratio,
                "verdict": row.verdict(figures[row.key][BRIDGE]),
            }
            for row in ROWS
            if row.target is not None and BRIDGE in figures.get(row.key, {})
        }
        return {
            "machine": machine(),
            **about,
            "ceiling": DURABLE_CEILING,
            "figures": figures,
            "targets": targets,
            "failed": self.failed,
        }


def _beyond(figures: Figures) -> Figures:
    """What 100 000 portals and a million ghosts cost beyond a database with one portal."""
    pairs = (("first_message_s", "more_s"), ("rss_mib", "more_mib"))
    return {
        f"start/100000/{more}": figures[f"start/100000/{of}"] - figures[f"start/1/{of}"]
        for of, more in pairs
        if f"start/100000/{of}" in figures and f"start/1/{of}" in figures
    }


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
