"""The settings of one network that say what becomes of what it lacks, and how long things wait."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_File = Literal["link", "nothing"]


class FallbackSettings(BaseModel):
    """What each kind becomes where the network lacks it; the first way named is the default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    edit: Literal["message", "nothing"] = "message"
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
    """How many hours something may wait in each direction before it fails, visibly."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    to_network: float = Field(default=24.0, gt=0, allow_inf_nan=False)
    to_matrix: float = Field(default=2160.0, gt=0, allow_inf_nan=False)
