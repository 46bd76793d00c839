"""The settings of what is kept from crossing: how much is a flood, and which policy lists count."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bridgekit.units import duration


def _list_room(text: str) -> str:
    if not re.fullmatch(r"#[^\s:]+:\S+|![^\s:]+(?::\S+)?", text):
        raise ValueError("is no room; write #list:example.org or !id:example.org, in quotes")
    return text


class ModerationSettings(BaseModel):
    """What nobody but the operator decides.

    A flood: a bucket holds `burst` messages and fills by `rate` a second. Whose bucket runs dry is
    not bridged for `pause` seconds, each time again for twice as long. Without a burst there is no
    such bucket: nothing that is honest is ever lost by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    lists: tuple[Annotated[str, AfterValidator(_list_room)], ...] = Field(
        default=(), description="rooms with policy lists (`m.policy.rule.*`) that are obeyed"
    )
    circles: bool = Field(
        default=True, description="false: bridges and bots may answer each other for ever"
    )
    sender_burst: int | None = Field(
        default=None, ge=1, description="how many messages of one person in one room cross at once"
    )
    sender_rate: float = Field(
        default=2.0, gt=0, allow_inf_nan=False, description="and how many a second after that"
    )
    chat_burst: int | None = Field(
        default=None, ge=1, description="how many messages of a room or chat cross at once"
    )
    chat_rate: float = Field(
        default=20.0, gt=0, allow_inf_nan=False, description="and how many a second after that"
    )
    pause: Annotated[float, BeforeValidator(duration)] = Field(
        default=60.0, description="for how long whoever is cut off is not bridged, like 1 minute"
    )
