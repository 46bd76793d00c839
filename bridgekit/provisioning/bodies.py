"""What is sent to the two routes that are no commands, and what they answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from bridgekit.ids import RoomID, UserID


class OpenID(BaseModel):
    """What the homeserver answered to `POST /user/{userId}/openid/request_token`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_token: str = Field(min_length=1, max_length=4096)
    matrix_server_name: str = Field(min_length=1, max_length=255)


class Session(BaseModel):
    """A token for the API, which ends after some seconds."""

    token: str
    user: UserID
    expires_in: int


class Line(BaseModel):
    """A command as it is typed, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    words: tuple[str, ...] = Field(description="The command and what follows it.", max_length=200)
    room: RoomID | None = Field(default=None, description="The room that it is about.")
    user: UserID | None = Field(
        default=None,
        pattern=r"^@[^:\s]*:\S+$",
        description="For whom (a Matrix ID); only the operator may name somebody else.",
    )
