"""The settings of encrypted rooms."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _mode(text: Literal["off", "allow"]) -> Literal["off", "allow"]:
    if text != "off" and find_spec("vodozemac") is None:
        raise ValueError("needs a library; pip install 'matrix-bridgekit[e2ee]'")
    return text


class EncryptionSettings(BaseModel):
    """`off`: encrypted rooms are refused, in words. `allow`: they work as others do.

    `wait` is how long a message may wait for its key before its sender is told that it was not
    bridged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Annotated[Literal["off", "allow"], AfterValidator(_mode)] = "off"
    wait: float = Field(
        default=3600.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="seconds for which an encrypted message waits for its key",
    )

    @property
    def on(self) -> bool:
        """Whether the bridge has a device of its own, which clients share their keys with."""
        return self.mode != "off"
