"""The settings of whoever watches the bridge: where it is asked how it is, and whom it tells."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bridgekit.configuration.addresses import Token
from bridgekit.configuration.listening import TCPAddress, UnixAddress, address_to_listen

_LAST_HOUR, _LAST_MINUTE = 23, 59


def _operator_room(text: str) -> str:
    if not re.fullmatch(r"#[^\s:]+:\S+|![^\s:]+(?::\S+)?", text):
        raise ValueError("is no room; write #bridge:example.org or !id:example.org, in quotes")
    return text


def _time_of_day(value: Any) -> Any:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", value) if isinstance(value, str) else None
    if found is None or int(found[1]) > _LAST_HOUR or int(found[2]) > _LAST_MINUTE:
        raise ValueError('is no time of day; write it like "07:30", in quotes')
    return int(found[1]) * 60 + int(found[2])


class OperationSettings(BaseModel):
    """`room` hears alerts, and once a day what failed; `report_at` is in this machine's time."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    listen: Annotated[TCPAddress | UnixAddress, BeforeValidator(address_to_listen)] | None = Field(
        default=None,
        description="where /metrics, /healthz and /readyz are answered, like 127.0.0.1:29301",
    )
    log_level: Literal["info", "warning", "error"] = Field(
        default="info", description="the least that the log says"
    )
    token: Token | None = Field(
        default=None, description="who asks for the metrics must have it; at least with no `listen`"
    )
    room: Annotated[str, AfterValidator(_operator_room)] | None = Field(
        default=None, description='a room of the operators, like "#bridge-ops:example.org"'
    )
    report_at: Annotated[int, BeforeValidator(_time_of_day)] = Field(
        default="08:00", validate_default=True, description='when the daily line is said, "08:00"'
    )
