"""The settings of a relay: which login speaks for people without one, and how they are called."""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FIELDS = ("name", "localpart", "server", "user")
NOBODY = "nobody"


def _template(text: str) -> str:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        parts = []
    used = [field for _, field, _, _ in parts if field is not None]
    plain = not any(form or change for _, _, form, change in parts)
    if not plain or not used or not set(used) <= set(FIELDS):
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise ValueError(f"is no template for a name; write text with any of {known}")
    return text


class RelaySettings(BaseModel):
    """How people are called for whom a relay speaks: as `name` says or, where somebody else in the
    room has a name that looks the same, as `alike` does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    default: str | None = Field(
        default=None,
        min_length=1,
        description="which of the network's own logins speaks where a room chooses none, or nobody",
    )
    name: Annotated[str, AfterValidator(_template)] = "{name}"
    alike: Annotated[str, AfterValidator(_template)] = "{name} ({user})"
