"""What an operator sets for Slack."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

_DOCS = "https://api.slack.com/apps"
_BASIC = "under Basic Information of the app"
_KINDS = {
    "xoxb-": "the token of a bot",
    "xoxp-": "the token of a person",
    "xapp-": "an app-level token",
    "xoxe": "a token that rotates, which a configuration cannot renew",
    "xoxc-": "the token of a browser, which is of no use here",
    "xoxs-": "the token of a browser, which is of no use here",
}


class Transport(StrEnum):
    """How Slack's events come: over connections of ours, or as calls to our public URL."""

    SOCKET = "socket"
    HTTP = "http"


class Topic(StrEnum):
    """Which of a channel's two lines is the room's topic."""

    TOPIC = "topic"
    PURPOSE = "purpose"


class Replies(StrEnum):
    """What a reply on Matrix becomes where there is no thread yet."""

    THREAD = "thread"
    QUOTE = "quote"


def _url(value: str) -> str:
    if not value.startswith(("https://", "http://")) or not value.isprintable() or " " in value:
        raise ValueError("must be a URL, like https://slack.com/api/")
    return value if value.endswith("/") else f"{value}/"


def _token(*prefixes: str) -> AfterValidator:
    """One word that begins as this kind of token does; it is never quoted."""

    def checked(value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.startswith(prefixes):
            kind = next((what for start, what in _KINDS.items() if text.startswith(start)), "")
            given = f"is {kind}, and " if kind else ""
            raise ValueError(f"{given}must begin with {prefixes[0]}; see {_DOCS}")
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("must be one word, as it is copied from Slack")
        return value

    return AfterValidator(checked)


def _word(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().isalnum():
        raise ValueError(
            f"must be one word of letters and digits; see Basic Information on {_DOCS}"
        )
    return value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pace(_Model):
    """How fast posts go to one channel: `burst` at once, then `rate` a second."""

    burst: int = Field(default=4, ge=1, description="how many posts at once")
    rate: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="how many posts a second after that"
    )


class SlackConfig(_Model):
    """One Slack app under `networks:`."""

    api_url: Annotated[str, AfterValidator(_url)] = "https://slack.com/api/"
    transport: Transport = Transport.SOCKET
    bot_token: Annotated[SecretStr, _token("xoxb-")] | None = None
    app_token: Annotated[SecretStr, _token("xapp-")] | None = None
    signing_secret: Annotated[SecretStr, AfterValidator(_word)] | None = Field(
        default=None, description=_BASIC
    )
    client_id: str | None = Field(default=None, pattern=r"[0-9]+\.[0-9]+", description=_BASIC)
    client_secret: Annotated[SecretStr, AfterValidator(_word)] | None = Field(
        default=None, description=_BASIC
    )
    connections: int = Field(
        default=1, ge=1, le=10, description="how many Socket Mode connections at once"
    )
    topic: Topic = Topic.TOPIC
    replies: Replies = Replies.THREAD
    pace: Pace = Pace()

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.transport is Transport.SOCKET and self.app_token is None:
            raise ValueError(
                "app_token is missing: xapp-…, with which Socket Mode connects; without one, set "
                "transport: http and signing_secret, and give the bridge a public URL"
            )
        if self.transport is Transport.HTTP and self.signing_secret is None:
            raise ValueError("signing_secret is missing: it shows that a call comes from Slack")
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("client_id and client_secret belong together; set both or none")
        if self.bot_token is None and self.client_id is None:
            raise ValueError(
                "bot_token is missing: xoxb-…, of the app in your workspace; without one, set "
                "client_id and client_secret, and install the app through the bridge"
            )
        return self
