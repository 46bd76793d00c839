"""What a run measured, as one document: `python -m benchmarks` writes it as JSON."""

from __future__ import annotations

import os
import platform
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.child import ROOT
from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING, ECHO, OURS
from benchmarks.figures import Figures, summary
from benchmarks.rows import NO_RATIO, NONE, WORST, rows, yardstick
from benchmarks.scale import Scale


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def _commit() -> str | None:
    """What was measured, with a + where files differ from it; None: it is in no repository."""
    options = ("--always", "--exclude=*", "--abbrev=40", "--dirty=+")  # no tag, all of the hash
    command = ("git", "--no-optional-locks", "-C", str(ROOT), "describe", *options)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (ours)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


@dataclass(slots=True)
class Record:
    """By entrant and round. `failed`: what an entrant did not get through, and why.

    `took`: seconds of the run by what was measured. `asked`: what the bridge had its turn at, by
    the beginnings of keys. `left_out`: entrants that are not here, and why. `machine`, `commit` and
    `began` are of the beginning: later the load is the run's own.
    """

    scale: Scale
    measured: dict[str, dict[int, Figures]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    failed: list[str] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=_machine)
    commit: str | None = field(default_factory=_commit)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, entrant: str, round_: int, figures: Figures) -> None:
        known = self.measured[entrant][round_]
        known |= figures
        known |= self._beyond(known)

    def document(self, *, rounds: int, **about: Any) -> dict[str, Any]:
        figures = summary(self.measured, yardstick, NO_RATIO)
        return {
            "commit": self.commit,
            "date": self.began.isoformat(timespec="seconds"),
            "machine": self.machine,
            "rounds": rounds,
            **about,
            "yardsticks": {"cpu": ECHO, "else": DURABLE_CEILING},
            "figures": figures,
            "targets": self._targets(figures, rounds),
            "faults": self._faults(figures),
            "failed": self.failed,
            "left_out": self.left_out,
            "took": self.took,
        }

    def _faults(self, figures: dict[str, dict[str, Any]]) -> list[str]:
        """Those of ours, also on another database than the targets are of."""
        return [
            f"{name}: {row.key}: {found['highest']:g} where {row.target:g} may be"
            for row in rows(self.scale)
            for name, found in figures.get(row.key, {}).items()
            if name in OURS and row.key.rpartition("/")[2] in WORST
            if row.target is not None and found["highest"] > row.target
        ]

    def _targets(self, figures: dict[str, dict[str, Any]], rounds: int) -> dict[str, Any]:
        """Of what the bridge was asked, also where it has no figure."""
        return {
            row.key: {
                "target": row.target,
                "ratio": row.ratio,
                "verdict": row.verdict(figures.get(row.key, {}).get(BRIDGE), rounds),
            }
            for row in rows(self.scale)
            if row.target is not None
            and (BRIDGE in figures.get(row.key, {}) or row.key.startswith(tuple(self.asked)))
        }

    def _beyond(self, figures: Figures) -> Figures:
        """What many portals and ghosts cost beyond a database with hardly any."""
        return {
            f"start/{many}/{more}": figures[f"start/{many}/{of}"] - figures[f"start/{NONE}/{of}"]
            for of, more in (("first_message_s", "more_s"), ("rss_mib", "more_mib"))
            for many in self.scale.portals_alone
            if f"start/{many}/{of}" in figures and f"start/{NONE}/{of}" in figures
        }
