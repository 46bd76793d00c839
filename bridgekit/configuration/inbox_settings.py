"""What becomes of chats that begin on a network with the bridge's own login: a number, a bot."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridgekit.ids import UserID


def _person(text: str) -> UserID:
    if not text.startswith("@") or ":" not in text:
        raise ValueError("is nobody on Matrix; write a full user ID, like @help:example.org")
    return UserID(text)


class InboxSettings(BaseModel):
    """Such a chat gets a room with these people in it; without any it is dropped, and counted."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    invite: tuple[Annotated[str, AfterValidator(_person)], ...] = Field(
        default=(), description='who is in the rooms of new chats, like ["@help:example.org"]'
    )
    rooms_per_minute: float = Field(
        default=30.0, gt=0, allow_inf_nan=False, description="how many new rooms in a minute"
    )
