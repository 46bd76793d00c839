"""What the table shows: a row for each figure, with what is to be reached, where that is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.entrants.known import DURABLE_CEILING, ECHO
from benchmarks.scale import Scale
from benchmarks.scenarios.safety import in_doubt

FAULTS = {
    "lost": "lost",
    "doubled": "doubled",
    "reordered": "out of order",
    "misdelivered": "misdelivered",
    "echoed": "echoed",
}
UNDECIDED = "undecided"
WORST = (*FAULTS, UNDECIDED)
"""Of these the worst round counts."""
NO_RATIO = (*WORST, "said", "unheard", "joined")
"""Counts: nothing that machines differ in."""

NONE = 1
"""Portals that stand for none: there is no first message without one."""
START = {NONE: (1, 45), 1_000: (2, 60), 10_000: (10, 150)}
"""By portals: seconds to the first message, and MiB when all are joined or the time is over."""
LATENCY = (1.5, 5, 2.5)
"""p50 and p99 in ms, and the ratio of the p50, at rates of `REACHED_AT`."""
REACHED_AT = {"to_matrix": (50,), "to_network": (50, 100)}
PEOPLE, BACK, LIMITED = 200, 1.5, 21.5
"""How many are back in so many seconds, and with limits: ten a second sign in, and no pause."""
MB = 1_000_000 / (1 << 20)
"""In MiB."""
PROCESSOR = "cpu_s_per_10000"
NOT_REACHED = "not reached"
NO_YARDSTICK = "no ratio"
"""A verdict: who it is compared with was not measured."""


def yardstick(key: str) -> str:
    """Whose figure of the same round everybody's is compared with.

    Of processor time the ceiling's says how well its writes are taken together, and little else:
    the echo does the same work in the same language.
    """
    return ECHO if key.endswith(PROCESSOR) else DURABLE_CEILING


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. `target` is the value to reach; `ratio` is what that is of the yardstick's.

    Where there is a ratio it alone decides: the value would be met by a fast machine and missed by
    a slow one. `up`: more is better. `quiet`: not shown where it is 0 for everybody.
    """

    key: str
    label: str
    target: float | None = None
    ratio: float | None = None
    up: bool = False
    quiet: bool = False

    def value(self, found: Mapping[str, Any]) -> float:
        """The median; of faults the worst round, as one that lost something is not made good."""
        return float(found["highest" if self.key.rpartition("/")[2] in WORST else "median"])

    def verdict(self, found: Mapping[str, Any] | None, rounds: int = 1) -> str:
        """`found` is the summary of one entrant's figure; None: it has none, and was asked.

        It is met where it was in so many `rounds` as were asked for, and else only in some.
        """
        if self.target is None:
            return ""
        if found is None:
            return NOT_REACHED
        value, target = self.value(found), self.target
        if self.ratio is not None:
            if "ratio" not in found:
                return NO_YARDSTICK
            found = found["ratio"]
            value, target = found["median"], self.ratio
        if not self._meets(value, target):
            return f"missed {self._by(value, target)}"
        there = len(found["rounds"])
        return "met" if there >= rounds else f"met in {there} of {rounds}"

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
    rate: tuple[float | None, float | None] = (None, None),
    cpu: tuple[float | None, float | None] = (None, None),
) -> tuple[Row, ...]:
    """`rate` and `cpu`: what to reach, and its ratio."""
    return (
        Row(f"{key}/messages_per_s", f"{label}, /s", *rate, up=True),
        Row(f"{key}/{PROCESSOR}", "  CPU s for 10 000", *cpu),
        *_quiet(key),
    )


def _paced(key: str, label: str, rate: int) -> tuple[Row, ...]:
    reach = LATENCY if rate in REACHED_AT[key] else (None, None, None)
    key = f"{key}/at {rate}"
    return (*_waits(key, f"{label}, {rate}/s", *reach), *_quiet(key))


def _waits(
    key: str, label: str, p50: float | None, p99: float | None, ratio: float | None
) -> tuple[Row, ...]:
    """`ratio`: of the p50. A p99 is of too few messages to be compared."""
    return (
        Row(f"{key}/p50_ms", f"{label}, p50 ms", p50, ratio),
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
        if portals > NONE:
            yield Row(f"{key}/joined", "  in so many channels then")
        if ghosts:
            yield Row(f"{key}/more_s", f"  more than with {NONE}, s", 2)
            yield Row(f"{key}/more_mib", f"  more than with {NONE}, MiB", round(40 * MB, 1))


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
        *_quiet(key, but=("lost", "doubled", "reordered")),
    )


def _quiet(key: str, but: Sequence[str] = ()) -> tuple[Row, ...]:
    """Faults, where there are any."""
    faults = ((fault, said) for fault, said in FAULTS.items() if fault not in but)
    return tuple(Row(f"{key}/{fault}", f"  {said}", 0, quiet=True) for fault, said in faults)


def _real(direction: str, label: str) -> tuple[Row, ...]:
    key = f"synapse/{direction}"
    return (
        Row(f"{key}/messages_per_s", f"{label}, /s", up=True),
        Row(f"{key}/{PROCESSOR}", "  CPU s for 10 000"),
        Row(f"{key}/p50_ms", "  at 10/s, p50 ms"),
        *_quiet(key),
    )


def _troubles(scale: Scale) -> tuple[Row, ...]:
    people = f"{scale.connected} people back"
    back, limited = (BACK, LIMITED) if scale.connected == PEOPLE else (None, None)
    killed, away = f"kill -9 x{scale.kills}", f"homeserver away {scale.away:g} s"
    return (
        Row("restart/without limits/seconds", f"{people}, s", back),
        Row("restart/with limits/seconds", "  with limits, s", limited),
        *_faults("kills/to_network", f"{killed}, Matrix→IRC"),
        Row(f"kills/to_network/{UNDECIDED}", "  undecided, and told", in_doubt(scale)),
        # What was in the socket when it was killed is beyond anyone's reach.
        *_faults("kills/to_matrix", f"{killed}, IRC→Matrix", None),
        *_faults("away/to_matrix", away),
    )


def rows(scale: Scale) -> tuple[Row, ...]:
    """In the order of the table; labels say what was done at that scale."""
    file = f"{scale.file_mib} MiB"
    return (
        *_flood("to_matrix/50", f"IRC→Matrix, {scale.channels} channels", (4000, 0.13), (2, 0.51)),
        *_flood("to_matrix/hot", "IRC→Matrix, hot channel", (2500, 0.11), (3, 0.44)),
        *_flood("to_matrix/pushed back", "IRC→Matrix, pushed back"),
        *_waits("to_matrix/pushed back at 50", "  at 50/s", None, None, None),
        Row(f"to_matrix/pushed back at 50/{PROCESSOR}", "  CPU s for 10 000"),
        *_quiet("to_matrix/pushed back at 50"),
        *(row for rate in scale.paced for row in _paced("to_matrix", "IRC→Matrix", rate)),
        *_waits("to_matrix/hot at 50", "IRC→Matrix hot, 50/s", 1.5, 5, 2.1),
        *_quiet("to_matrix/hot at 50"),
        *_flood("to_network/1", "Matrix→IRC, by 1", (2000, 0.81), (3, 0.94)),
        *_flood("to_network/10", "Matrix→IRC, by 10", (8000, 0.37), (1.2, 1.3)),
        *_flood("to_network/100", "Matrix→IRC, by 100", (12000, 0.14), (0.8, 1.1)),
        *_flood("to_network/hot", "Matrix→IRC, hot channel"),
        *(row for rate in scale.paced for row in _paced("to_network", "Matrix→IRC", rate)),
        *_waits("to_network/ack", "200 for 100 events", 3, None, 2.8),
        *_waits("to_network/burst", "100 events at IRC", 8, 12, 4.7),
        *_quiet("to_network/burst"),
        *_starts(scale),
        *_troubles(scale),
        *_real("to_matrix", "Synapse, IRC→Matrix"),
        *_real("to_network", "Synapse, Matrix→IRC"),
        *_flood("encrypted/to_matrix", "encrypted, IRC→Matrix", (500, None)),
        *_flood("encrypted/to_network", "encrypted, →IRC by 10", (500, None)),
        Row("media/to_matrix/rss_growth_mib", f"{file} to Matrix, MiB more"),
        Row("media/to_matrix/lost", "  bytes lost", 0, quiet=True),
        Row("media/to_network/rss_growth_mib", f"{file} from Matrix, MiB more"),
        Row("media/to_network/lost", "  bytes lost", 0, quiet=True),
    )
