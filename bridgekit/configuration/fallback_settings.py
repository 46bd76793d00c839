"""The settings of one network that say what becomes of what it lacks, and how long things wait."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bridgekit.units import duration


def _hours(value: object) -> float:
    return duration(value, "hour") / 3600


_Hours = Annotated[float, BeforeValidator(_hours)]
_File = Literal["link", "nothing"]


class FallbackSettings(BaseModel):
    """What each kind becomes where the network lacks it; the first way named is the default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    edit: Literal["message", "short", "nothing"] = "message"
    deletion: Literal["nothing", "line"] = "nothing"
    reaction: Literal["nothing", "line"] = "nothing"
    reply: Literal["quote", "plain"] = "quote"
    thread: Literal["reply", "plain"] = "reply"
    image: _File = "link"
    file: _File = "link"
    audio: _File = "link"
    video: _File = "link"
    voice: _File = "link"
    sticker: _File = "link"
    location: Literal["line", "nothing"] = "line"
    poll: Literal["line", "nothing"] = "line"
    vote: Literal["nothing", "line"] = "nothing"
    pin: Literal["nothing", "line"] = "nothing"
    long_text: Literal["parts", "link"] = "parts"


class ExpirySettings(BaseModel):
    """How long something may wait in each direction before it fails, visibly; in hours."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    to_network: _Hours = 24.0
    to_matrix: _Hours = 2160.0
