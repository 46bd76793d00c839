"""The settings of one network that say how much of the past is bridged."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_MOST = 10_000


def _day(day: date) -> date:
    if day.year < 2000:  # noqa: PLR2004 (no network is older)
        raise ValueError("is no day of a chat; write it like 2026-01-31")
    return day


class HistorySettings(BaseModel):
    """What a new room gets of its chat's past, and how much is fetched after an outage."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    last: int = Field(default=0, ge=0, le=_MOST)
    since: Annotated[date, AfterValidator(_day)] | None = None
    gap: int = Field(default=500, ge=1, le=_MOST)

    @model_validator(mode="after")
    def _one_way(self) -> HistorySettings:
        if self.last and self.since is not None:
            raise ValueError("has `last` and `since`; keep one of them")
        return self

    @property
    def since_midnight(self) -> datetime | None:
        """The first moment that is wanted, UTC."""
        if self.since is None:
            return None
        return datetime(self.since.year, self.since.month, self.since.day, tzinfo=UTC)
