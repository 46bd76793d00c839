"""The settings of encrypted rooms."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Mode = Literal["off", "allow", "default", "require"]


def _mode(text: Mode) -> Mode:
    if text != "off" and find_spec("vodozemac") is None:
        raise ValueError("needs a library; pip install 'matrix-bridgekit[e2ee]'")
    return text


def _room(text: str) -> str:
    if not text.startswith("!"):
        raise ValueError("is no room's ID; write it like !abc:example.org")
    return text


class EncryptionSettings(BaseModel):
    """`off`: encrypted rooms are refused, in words. `allow`: they work as others do. `default`:
    rooms that the bridge makes are encrypted, too. `require`: and nothing crosses in plain text,
    either way.

    `rooms` says otherwise of single ones. `wait` is how long a message may wait for its key before
    its sender is told that it was not bridged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Annotated[Mode, AfterValidator(_mode)] = "off"
    rooms: Mapping[Annotated[str, AfterValidator(_room)], Literal["allow", "require"]] = Field(
        default_factory=dict, description='{"!abc:example.org": require}'
    )
    wait: float = Field(
        default=3600.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="seconds for which an encrypted message waits for its key",
    )

    @model_validator(mode="after")
    def _of_use(self) -> Self:
        if self.rooms and not self.on:
            raise ValueError("rooms has no effect while mode is off; write another mode")
        return self

    @property
    def on(self) -> bool:
        """Whether the bridge has a device of its own, which clients share their keys with."""
        return self.mode != "off"

    @property
    def of_new_rooms(self) -> bool:
        """Whether rooms that the bridge makes are encrypted."""
        return self.mode in ("default", "require")

    def demanded_in(self, room: str) -> bool:
        """Whether nothing may cross in plain text there."""
        return self.rooms.get(room, self.mode) == "require"
