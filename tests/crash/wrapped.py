"""A scenario that is another one, looked at more closely: its `world` is for who does that."""

from __future__ import annotations

from dataclasses import dataclass

from tests.crash.scenarios import OnLoopback


@dataclass(slots=True)
class Wrapped:
    scenario: OnLoopback

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def events(self) -> int:
        return self.scenario.events
