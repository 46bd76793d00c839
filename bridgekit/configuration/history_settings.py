"""The settings of one network that say how much of the past is bridged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

_MOST = 10_000
_FIRST = date(2000, 1, 1)  # no network is older


def _day(value: Any, info: ValidationInfo) -> Any:
    """The validation context may hold `today`: that lies in the past, or it is today somewhere."""
    if value is None:
        return None
    text = str(value) if isinstance(value, str | date) else ""
    try:
        day = date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "")
    except ValueError:
        raise ValueError("is no day; write it like 2026-01-31") from None
    today: date | None = (info.context or {}).get("today")
    if day < _FIRST or (today is not None and day > today + timedelta(days=1)):
        raise ValueError("is no day of the past; write the first one that is wanted")
    return day


class HistorySettings(BaseModel):
    """What a new room gets of its chat's past, and how much is fetched after an outage."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    last: int = Field(
        default=0, ge=0, le=_MOST, description="how many messages a new room begins with"
    )
    since: Annotated[date | None, BeforeValidator(_day)] = None
    gap: int = Field(
        default=500, ge=1, le=_MOST, description="how many missed messages of a chat are read"
    )

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
