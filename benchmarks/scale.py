"""How much is measured: the whole, a quick look, and the least that shows that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts are of messages, times in seconds. `portals` is where start-up is measured.

    `portals_alone`: the same with so many `ghosts`, for the bridge only. `patience`: how long is
    waited for what is missing after a kill or an outage.
    """

    rounds: int
    channels: int
    flood: int
    paced: float
    portals: tuple[int, ...]
    portals_alone: tuple[int, ...]
    ghosts: int
    start_within: float
    connected: int
    kills: int
    killing: float
    away: float
    patience: float
    file_mib: int


FULL = Scale(
    rounds=5,
    channels=50,
    flood=3000,
    paced=3.0,
    portals=(1, 1000, 10_000),
    portals_alone=(100_000,),
    ghosts=1_000_000,
    start_within=60.0,
    connected=200,
    kills=3,
    killing=25.0,
    away=30.0,
    patience=15.0,
    file_mib=500,
)
QUICK = Scale(
    rounds=1,
    channels=50,
    flood=1000,
    paced=1.0,
    portals=(1, 1000),
    portals_alone=(),
    ghosts=0,
    start_within=20.0,
    connected=50,
    kills=1,
    killing=5.0,
    away=3.0,
    patience=10.0,
    file_mib=50,
)
TINY = Scale(
    rounds=2,
    channels=3,
    flood=30,
    paced=0.1,
    portals=(1,),
    portals_alone=(2,),
    ghosts=5,
    start_within=20.0,
    connected=3,
    kills=1,
    killing=0.3,
    away=0.2,
    patience=3.0,
    file_mib=2,
)
SCALES = {"full": FULL, "quick": QUICK, "tiny": TINY}
