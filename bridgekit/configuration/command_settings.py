"""The settings of commands: how they are told from what is said, and whom the API believes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridgekit.configuration.addresses import WebAddress


def _prefix(text: str) -> str:
    if not re.fullmatch(r"\S{2,20}", text):
        raise ValueError("must be one word of 2 to 20 characters; write it like !bridge")
    return text


class CommandSettings(BaseModel):
    """Where nobody but one person is with the bot, no prefix is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="!bridge", description="what begins a command in a room with others, like !bridge"
    )


class APISettings(BaseModel):
    """`openid`: homeservers besides our own that are believed when they say who is theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    openid: dict[str, WebAddress] = Field(
        default_factory=dict,
        description="like {other.org: https://matrix.other.org}",
    )
