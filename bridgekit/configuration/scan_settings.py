"""The settings of the content scan: which program looks, and what if it does not answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridgekit.configuration.listening import TCPAddress, UnixAddress, address_to_listen
from bridgekit.units import duration

_BOTH = "has both clamd and command; one of them looks"


def _address(value: Any) -> TCPAddress | UnixAddress | None:
    try:
        return None if value is None else address_to_listen(value)
    except ValueError:
        message = "is no address of clamd; write unix:/run/clamav/clamd.ctl or 127.0.0.1:3310"
        raise ValueError(message) from None


class ScanSettings(BaseModel):
    """Off without `clamd` or `command`. The latter reads from its standard input, and ends with 0
    (let it cross) or 1 (something was found); no shell reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    clamd: Annotated[TCPAddress | UnixAddress | None, BeforeValidator(_address)] = Field(
        default=None, description="the socket of clamd, like unix:/run/clamav/clamd.ctl"
    )
    command: tuple[str, ...] = Field(
        default=(), description="a command that reads the content, as a list of words"
    )
    texts: bool = Field(default=False, description="true: what people write is looked through, too")
    when_down: Literal["hold", "pass"] = Field(
        default="hold", description="what nobody can look through waits (hold), or crosses (pass)"
    )
    too_large: Literal["block", "pass"] = Field(
        default="block", description="what is too large for the scanner is blocked, or crosses"
    )
    timeout: Annotated[float, BeforeValidator(duration)] = Field(
        default=60.0, description="how long looking through one file may take, like 1 minute"
    )

    @model_validator(mode="after")
    def _one(self) -> ScanSettings:
        if self.clamd is not None and self.command:
            raise ValueError(_BOTH)
        return self

    @property
    def on(self) -> bool:
        """Whether anything looks."""
        return self.clamd is not None or bool(self.command)
