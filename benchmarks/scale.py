"""How much is measured: the whole, a quick look, and the least that shows that it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts are of messages, times in seconds. `portals` is where start-up is measured.

    `paced`: how many messages at which rate. `portals_alone`: start-up with so many `ghosts`, for
    the bridge only. `start_within`: for the first message; `join_within`: for all channels after
    it. `patience`: how long is waited for what is missing after a kill or an outage.
    """

    rounds: int
    channels: int
    flood: int
    paced: Mapping[int, int]
    bursts: int
    portals: tuple[int, ...]
    portals_alone: tuple[int, ...]
    ghosts: int
    start_within: float
    join_within: float
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
    paced={10: 16, 50: 100, 100: 120, 500: 400},
    bursts=9,
    portals=(1, 1000, 10_000),
    portals_alone=(100_000,),
    ghosts=1_000_000,
    start_within=60.0,
    join_within=15.0,
    connected=200,
    kills=3,
    killing=25.0,
    away=30.0,
    patience=10.0,
    file_mib=500,
)
QUICK = Scale(
    rounds=1,
    channels=50,
    flood=1000,
    paced={10: 10, 50: 50, 100: 100, 500: 250},
    bursts=3,
    portals=(1, 1000),
    portals_alone=(),
    ghosts=0,
    start_within=20.0,
    join_within=10.0,
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
    paced={10: 3, 50: 5, 100: 10, 500: 50},
    bursts=3,
    portals=(1,),
    portals_alone=(2,),
    ghosts=5,
    start_within=20.0,
    join_within=10.0,
    connected=3,
    kills=1,
    killing=0.3,
    away=0.2,
    patience=10.0,
    file_mib=2,
)
SCALES = {"full": FULL, "quick": QUICK, "tiny": TINY}
