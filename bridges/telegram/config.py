"""What an operator sets for one Telegram bot."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from bridgekit import duration

CREDENTIAL = r"[0-9]{1,19}:[A-Za-z0-9_-]{20,}"
_SECRET = re.compile(r"[\w-]{1,256}", re.ASCII)
TELEGRAM = "https://api.telegram.org"
_MB = 1_000_000


class Transport(StrEnum):
    """How updates come: the bridge asks for them, or Telegram calls."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class Topics(StrEnum):
    """What becomes of the topics of a forum."""

    ROOMS = "rooms"  #: each topic of a forum that is linked has a room of its own
    THREADS = "threads"  #: a topic is a thread in the group's room, unless it is linked itself


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(CREDENTIAL, value.get_secret_value()):
        raise ValueError(
            "is not a bot's token: @BotFather gives one, like 123456:ABC-DEF1234ghIkl-zyx57W2v1u1"
        )
    return value


def _secret(value: SecretStr) -> SecretStr:
    if not _SECRET.fullmatch(value.get_secret_value()):
        raise ValueError("must be 1 to 256 letters, digits, hyphens and underscores")
    return value


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise ValueError(f"{value!r} is not an address like https://api.telegram.org")
    return value.rstrip("/")


def _proxy(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"http://[^\s/]+/?", value.get_secret_value()):
        raise ValueError("is not the address of an HTTP proxy, like http://user:password@host:3128")
    return value


def _template(value: str) -> str:
    if value.count("{name}") != 1 or not value.isprintable():
        raise ValueError("must be one line that holds {name} once: there goes the person's name")
    return value


Seconds = Annotated[float, BeforeValidator(duration)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pace(_Model):
    """How fast the bot speaks; Telegram's numbers are in its FAQ, "My bot is hitting limits"."""

    overall: Rate = Field(default=30.0, description="messages a second, over all chats")
    chat: Rate = Field(default=1.0, description="messages a second in one chat")
    group: Rate = Field(default=20.0, description="messages a minute in one group or channel")
    burst: Rate = Field(default=5.0, description="how many at once in a chat that was silent")


class TelegramConfig(_Model):
    """One network under `networks:`."""

    token: Annotated[SecretStr, AfterValidator(_token)]
    api_url: Annotated[str, AfterValidator(_url)] = TELEGRAM
    proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = None
    local_server: bool = False
    transport: Transport = Transport.POLLING
    webhook_secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    topics: Topics = Topics.THREADS
    relay_name: Annotated[str, AfterValidator(_template)] = "{name}: "
    pace: Pace = Pace()
    poll_timeout: Annotated[float, BeforeValidator(duration), Field(ge=0, le=50)] = 50.0
    timeout: Annotated[float, BeforeValidator(duration), Field(gt=0)] = 60.0

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.transport is Transport.WEBHOOK and self.webhook_secret is None:
            raise ValueError(
                "webhook_secret is missing: with transport: webhook, only who knows it may call;"
                " make one up, of letters and digits"
            )
        return self

    @property
    def bot(self) -> int:
        """The bot's own number, which its token begins with."""
        return int(self.token.get_secret_value().partition(":")[0])

    @property
    def largest_upload(self) -> int:
        """Bytes: what a bot may send (Bot API, "Sending files", "Using a Local Bot API Server")."""
        return 2_000 * _MB if self.local_server else 50 * _MB

    @property
    def largest_download(self) -> int:
        """Bytes: what a bot may fetch (Bot API, "getFile")."""
        return 2_000 * _MB if self.local_server else 20 * _MB
