"""What the table shows: a row for each figure, with what is to be reached, where that is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.scale import Scale

FAULTS = {"lost": "lost", "doubled": "doubled", "reordered": "out of order"}
NO_RATIO = (*FAULTS, "undecided", "said", "unheard", "joined")
"""Counts: nothing that machines differ in."""

NONE = 1
"""Portals that stand for none: there is no first message without one."""
START = {NONE: (1, 45), 1_000: (2, 60), 10_000: (10, 150)}
"""By portals: seconds to the first message, and MiB then."""
LATENCY = (1.5, 5)
"""p50 and p99 in ms, at rates of `REACHED_AT`."""
REACHED_AT = {"to_matrix": (50,), "to_network": (50, 100)}
PEOPLE = 200


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

    def value(self, found: Mapping[str, Any]) -> float:
        """The median; of faults the worst round, as one that lost something is not made good."""
        fault = self.key.rpartition("/")[2] in FAULTS
        return float(found["highest" if fault else "median"])

    def verdict(self, found: Mapping[str, Any]) -> str:
        """`found` is the summary of one entrant's figure."""
        if self.target is None:
            return ""
        value = self.value(found)
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


def _flood(
    key: str,
    label: str,
    rate: float | None = None,
    ratio: float | None = None,
    cpu: float | None = None,
) -> tuple[Row, ...]:
    return (
        Row(f"{key}/messages_per_s", f"{label}, /s", rate, ratio, up=True),
        Row(f"{key}/cpu_s_per_10000", "  CPU s for 10 000", cpu),
        *(Row(f"{key}/{fault}", f"  {said}", 0, quiet=True) for fault, said in FAULTS.items()),
    )


def _paced(key: str, label: str, rate: int) -> tuple[Row, ...]:
    reach = LATENCY if rate in REACHED_AT[key] else (None, None)
    return _waits(f"{key}/at {rate}", f"{label}, {rate}/s", *reach)


def _waits(key: str, label: str, p50: float | None, p99: float | None) -> tuple[Row, ...]:
    return (
        Row(f"{key}/p50_ms", f"{label}, p50 ms", p50),
        Row(f"{key}/p99_ms", "  p99 ms", p99),
    )


def _starts(scale: Scale) -> Iterator[Row]:
    for portals in (*scale.portals, *scale.portals_alone):
        seconds, mib = START.get(portals, (None, None))
        key, label = f"start/{portals}", f"start, {_many(portals)} portal{'s' * (portals > 1)}"
        ghosts = portals in scale.portals_alone
        if ghosts:
            label = f"start, {_many(portals)}, {_many(scale.ghosts)} ghosts"
        yield Row(f"{key}/first_message_s", f"{label}, s", seconds)
        yield Row(f"{key}/all_joined_s", "  in all channels, s")
        yield Row(f"{key}/rss_mib", "  memory, MiB", mib)
        if ghosts:
            yield Row(f"{key}/more_s", f"  more than with {NONE}, s", 2)
            yield Row(f"{key}/more_mib", f"  more than with {NONE}, MiB", 40)


def _many(number: int) -> str:
    """With the prefixes k and M, as in 100k."""
    for size, prefix in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number // size}{prefix}"
    return str(number)


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


def rows(scale: Scale) -> tuple[Row, ...]:
    """In the order of the table; labels say what was done at that scale."""
    people = f"{scale.connected} people back"
    # The limit is a rate for what is said, and no pause of signing in: nobody waits for it.
    back = 1.5 if scale.connected == PEOPLE else None
    killed, away = f"kill -9 x{scale.kills}", f"homeserver away {scale.away:g} s"
    file = f"{scale.file_mib} MiB"
    return (
        *_flood("to_matrix/50", f"IRC→Matrix, {scale.channels} channels", 4000, 0.13, 2.0),
        *_flood("to_matrix/hot", "IRC→Matrix, hot channel", 2500, cpu=3.0),
        *(row for rate in scale.paced for row in _paced("to_matrix", "IRC→Matrix", rate)),
        *_waits("to_matrix/hot at 50", "IRC→Matrix hot, 50/s", *LATENCY),
        *_flood("to_network/1", "Matrix→IRC, by 1", 2000, cpu=3.0),
        *_flood("to_network/10", "Matrix→IRC, by 10", 8000, cpu=1.2),
        *_flood("to_network/100", "Matrix→IRC, by 100", 12000, cpu=0.8),
        *_flood("to_network/hot", "Matrix→IRC, hot channel"),
        *(row for rate in scale.paced for row in _paced("to_network", "Matrix→IRC", rate)),
        *_waits("to_network/ack", "200 for 100 events", 3, None),
        *_waits("to_network/burst", "100 events at IRC", 8, 12),
        *_starts(scale),
        Row("restart/without limits/seconds", f"{people}, s", back),
        Row("restart/with limits/seconds", "  with limits, s", back),
        *_faults("kills/to_network", f"{killed}, Matrix→IRC"),
        Row("kills/to_network/undecided", "  undecided, and told", quiet=True),
        # What was in the socket when it was killed is beyond anyone's reach.
        *_faults("kills/to_matrix", f"{killed}, IRC→Matrix", None),
        *_faults("away/to_matrix", away),
        *_real("to_matrix", "Synapse, IRC→Matrix"),
        *_real("to_network", "Synapse, Matrix→IRC"),
        *_flood("encrypted/to_matrix", "encrypted, IRC→Matrix", 500),
        *_flood("encrypted/to_network", "encrypted, →IRC by 10", 500),
        Row("media/to_matrix/rss_growth_mib", f"{file} to Matrix, MiB more"),
        Row("media/to_network/rss_growth_mib", f"{file} to IRC, MiB more"),
    )
