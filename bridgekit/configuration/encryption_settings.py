"""The settings of encrypted rooms."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from bridgekit.units import duration

Mode = Literal["off", "allow", "default", "require"]
Level = Literal["unverified", "cross-signed-untrusted", "cross-signed-tofu"]


def _mode(text: Mode) -> Mode:
    if text != "off" and find_spec("vodozemac") is None:
        raise ValueError("needs a library; pip install 'matrix-bridgekit[e2ee]'")
    return text


def _seconds(value: object) -> float:
    return duration(value)


def _room(text: str) -> str:
    if not text.startswith("!"):
        raise ValueError("is no room's ID; write it like !abc:example.org")
    return text


class VerificationLevels(BaseModel):
    """Which devices get the keys of what the bridge says: all of them, those that their owner has
    signed (`cross-signed-untrusted`), or that they have signed with the key that they were first
    seen with (`cross-signed-tofu`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    send: Level = Field(
        default="unverified", description="how far a device must be verified to get keys"
    )


class EncryptionSettings(BaseModel):
    """`off`: encrypted rooms are refused, in words. `allow`: they work as others do. `default`:
    rooms that the bridge makes are encrypted, too. `require`: and nothing crosses in plain text,
    either way.

    `ghost_devices`: where clients show what people of the network say as said by them.

    `rooms` says otherwise of single ones. `wait` is how long a message may wait for its key before
    its sender is told that it was not bridged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Annotated[Mode, AfterValidator(_mode)] = "off"
    rooms: Mapping[Annotated[str, AfterValidator(_room)], Literal["allow", "require"]] = Field(
        default_factory=dict, description='{"!abc:example.org": require}'
    )
    verification_levels: VerificationLevels = VerificationLevels()
    ghost_devices: Literal["private", "all", "none"] = Field(
        default="private",
        description="in which rooms people of the network have devices: private chats, all, none",
    )
    wait: Annotated[float, BeforeValidator(_seconds)] = Field(
        default=3600.0,
        le=86_400,
        description="how long an encrypted message waits for its key, like 30 min; at most a day",
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
