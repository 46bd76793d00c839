"""What a run measured, as one document: `python -m benchmarks` writes it as JSON."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING
from benchmarks.figures import Figures, summary
from benchmarks.rows import NO_RATIO, NONE, rows
from benchmarks.scale import Scale


@dataclass(slots=True)
class Record:
    """By entrant and round. `failed`: what an entrant did not get through, and why.

    `took`: seconds of the run by what was measured.
    """

    scale: Scale
    measured: dict[str, dict[int, Figures]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    failed: list[str] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)

    def add(self, entrant: str, round_: int, figures: Figures) -> None:
        known = self.measured[entrant][round_]
        known |= figures
        known |= self._beyond(known)

    def document(self, **about: Any) -> dict[str, Any]:
        figures = summary(self.measured, DURABLE_CEILING, NO_RATIO)
        targets = {
            row.key: {
                "target": row.target,
                "ratio": row.ratio,
                "verdict": row.verdict(figures[row.key][BRIDGE]),
            }
            for row in rows(self.scale)
            if row.target is not None and BRIDGE in figures.get(row.key, {})
        }
        return {
            "machine": machine(),
            **about,
            "ceiling": DURABLE_CEILING,
            "figures": figures,
            "targets": targets,
            "failed": self.failed,
            "took": self.took,
        }

    def _beyond(self, figures: Figures) -> Figures:
        """What many portals and ghosts cost beyond a database with hardly any."""
        return {
            f"start/{many}/{more}": figures[f"start/{many}/{of}"] - figures[f"start/{NONE}/{of}"]
            for of, more in (("first_message_s", "more_s"), ("rss_mib", "more_mib"))
            for many in self.scale.portals_alone
            if f"start/{many}/{of}" in figures and f"start/{NONE}/{of}" in figures
        }


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
