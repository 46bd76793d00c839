"""What the table shows: a row for each figure, with what is to be reached, where that is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FAULTS = {"lost": "lost", "doubled": "doubled", "reordered": "out of order"}
NO_RATIO = (*FAULTS, "undecided", "said", "unheard", "joined")
"""Counts: nothing that machines differ in."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. `target` is the value to reach; `ratio` is what that is of the durable ceiling.

    `up`: more is better. A target counts as met where the value or the ratio meets it: machines
    differ, and a machine that is busy with other things slows everything that runs on it.
    `quiet`: not shown where it is 0 for everybody.
    """

    key: str
    label: str
    target: float | None = None
    ratio: float | None = None
    up: bool = False
    quiet: bool = False

    def verdict(self, found: Mapping[str, Any]) -> str:
        """`found` is the summary of one entrant's figure."""
        if self.target is None:
            return ""
        value = found["median"]
        if self._meets(value, self.target):
            return "met"
        reached = found.get("ratio", {}).get("median")
        if self.ratio is None or reached is None:
            return f"missed {self._by(value, self.target)}"
        if self._meets(reached, self.ratio):
            return f"met: {reached:.2g} of ceiling"
        # Whichever is missed by less: rows with a ratio are those where more is better.
        nearer = reached / self.ratio > value / self.target
        by = self._by(reached, self.ratio) if nearer else self._by(value, self.target)
        return f"missed {by}"

    def _meets(self, value: float, target: float) -> bool:
        return value >= target if self.up else value <= target

    def _by(self, value: float, target: float) -> str:
        """How many times too little or too much."""
        if not target:
            return f"by {value:g}"
        times = target / max(value, 1e-9) if self.up else value / target
        return f"{times:.1f}x"


def _flood(key: str, label: str, rate: float, ratio: float, cpu: float) -> tuple[Row, ...]:
    return (
        Row(f"{key}/messages_per_s", f"{label}, /s", rate, ratio, up=True),
        Row(f"{key}/cpu_s_per_10000", "  CPU s for 10 000", cpu),
        *(Row(f"{key}/{fault}", f"  {said}", 0, quiet=True) for fault, said in FAULTS.items()),
    )


def _waits(key: str, label: str, p50: float | None, p99: float | None) -> tuple[Row, ...]:
    return (
        Row(f"{key}/p50_ms", f"{label}, p50 ms", p50),
        Row(f"{key}/p99_ms", "  p99 ms", p99),
    )


def _start(portals: str, label: str, seconds: float | None, mib: float | None) -> tuple[Row, ...]:
    key = f"start/{portals}"
    return (
        Row(f"{key}/first_message_s", f"start, {label}, s", seconds),
        Row(f"{key}/all_joined_s", "  in all channels, s"),
        Row(f"{key}/rss_mib", "  memory, MiB", mib),
    )


def _faults(key: str, label: str, lost: float | None = 0) -> tuple[Row, ...]:
    return (
        Row(f"{key}/lost", f"{label}: lost", lost),
        Row(f"{key}/doubled", "  doubled", 0),
        Row(f"{key}/reordered", "  out of order", 0),
    )


def _real(direction: str, label: str) -> tuple[Row, ...]:
    key = f"synapse/{direction}"
    return (
        Row(f"{key}/messages_per_s", f"{label}, /s", up=True),
        Row(f"{key}/p50_ms", "  at 10/s, p50 ms"),
        *(Row(f"{key}/{fault}", f"  {said}", 0, quiet=True) for fault, said in FAULTS.items()),
    )


ROWS = (
    *_flood("to_matrix/50", "IRC→Matrix, 50 channels", 4000, 0.13, 2.0),
    *_flood("to_matrix/hot", "IRC→Matrix, hot channel", 2500, 0.107, 3.0),
    *_waits("to_matrix/at 10", "IRC→Matrix, 10/s", None, None),
    *_waits("to_matrix/at 50", "IRC→Matrix, 50/s", 1.5, 5),
    *_waits("to_matrix/at 100", "IRC→Matrix, 100/s", None, None),
    *_waits("to_matrix/at 500", "IRC→Matrix, 500/s", None, None),
    *_flood("to_network/1", "Matrix→IRC, by 1", 2000, 0.81, 3.0),
    *_flood("to_network/10", "Matrix→IRC, by 10", 8000, 0.37, 1.2),
    *_flood("to_network/100", "Matrix→IRC, by 100", 12000, 0.14, 0.8),
    *_waits("to_network/at 10", "Matrix→IRC, 10/s", None, None),
    *_waits("to_network/at 50", "Matrix→IRC, 50/s", None, None),
    *_waits("to_network/at 100", "Matrix→IRC, 100/s", 1.5, 5),
    *_waits("to_network/at 500", "Matrix→IRC, 500/s", None, None),
    *_waits("to_network/ack", "the 200 for 100 events", 3, None),
    *_waits("to_network/burst", "bursts of 100, at IRC", 8, 12),
    *_start("1", "1 portal", 1, 45),
    *_start("1000", "1 000 portals", 2, 60),
    *_start("10000", "10 000 portals", 10, 150),
    *_start("100000", "100 000, 1M ghosts", None, None),
    Row("start/100000/more_s", "  more than with 1, s", 2),
    Row("start/100000/more_mib", "  more than with 1, MiB", 40),
    Row("restart/without limits/seconds", "200 people back (quick: 50), s", 1.5),
    Row("restart/with limits/seconds", "  with limits, s"),
    *_faults("kills/to_network", "kill -9 x3, Matrix→IRC"),
    Row("kills/to_network/undecided", "  undecided, and told", quiet=True),
    # What was in the socket when it was killed is beyond anyone's reach.
    *_faults("kills/to_matrix", "kill -9 x3, IRC→Matrix", None),
    *_faults("away/to_matrix", "homeserver away 30 s"),
    *_real("to_matrix", "real Synapse, IRC→Matrix"),
    *_real("to_network", "real Synapse, Matrix→IRC"),
    Row("media/to_matrix/rss_growth_mib", "500 MB to Matrix, MiB more"),
    Row("media/to_network/rss_growth_mib", "500 MB to IRC, MiB more"),
)
