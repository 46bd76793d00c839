"""A gateway that we hold a connection to, or ask now and then; and who is told what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Protocol

from bridges.sms.provider import Told


class Ear(Protocol):
    """Who is told what a gateway says."""

    @property
    def since(self) -> datetime | None:
        """From when on something may have been said that was not heard; None: nothing ever was."""

    @property
    def now(self) -> datetime:
        """By our clock, as `since` is."""

    def caught_up(self, until: datetime) -> None:
        """All that was said until then is stored."""

    def knows(self, id_: str) -> bool:
        """Whether this message was stored lately, so that it need not be told."""

    def begins(self) -> None:
        """A connection is made: what was not answered on the last one may come again."""

    async def take(self, *told: Told) -> None:
        """Durable once it returns, so acknowledge only then. Raises if it could not be stored."""

    async def set_aside(self, body: bytes, why: str) -> None:
        """Nobody can understand this; kept for the operator, durable on return."""

    def confirmed(self, messages: int) -> None:
        """The gateway has read our answers to the oldest so many of this connection."""


class Listening(ABC):
    """We hold a connection to it."""

    @abstractmethod
    async def run(self, ear: Ear) -> None:
        """Listen until cancelled; return or raise when the connection is gone."""
