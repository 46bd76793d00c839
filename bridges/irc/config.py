"""What an operator sets for one IRC network."""

from pathlib import Path
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
from bridges.irc.nicks import is_channel, is_nick

_DAY = 86400.0


def _nick(value: str) -> str:
    if not is_nick(value) or value[0].isdigit():
        raise ValueError(
            f"{value!r} is not a nick that IRC takes: letters, digits and []\\^_`{{|}}-,"
            " and no digit at the start",
        )
    return value


def _word(value: str) -> str:
    if not value or not value.isprintable() or " " in value or value.startswith(":"):
        raise ValueError("must be one word, without blanks, line breaks or a colon at the start")
    return value


def _line(value: str) -> str:
    if not value or not value.isprintable():
        raise ValueError("must be one line of printable text")
    return value


def _secret_line(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or not text.isprintable():
        raise ValueError("must be one line of printable text")
    return value


def _secret_word(value: SecretStr) -> SecretStr:
    _word(value.get_secret_value().replace(",", " "))  # a comma would separate two keys
    return value


def _channel(value: str) -> str:
    if not is_channel(value):
        raise ValueError(f'{value!r} is not a channel; write it with its #, in quotes: "#python"')
    return value


def _template(value: str) -> str:
    if value.count("{name}") != 1:
        raise ValueError("must hold {name} once: that is where the person's name goes")
    return value


Seconds = Annotated[float, BeforeValidator(duration)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sasl(_Model):
    """The account that the bot signs in to."""

    username: Annotated[str, AfterValidator(_line)]
    password: Annotated[SecretStr, AfterValidator(_secret_line)]


class Flood(_Model):
    """How fast one connection may send: `burst` lines at once, then `rate` lines a second."""

    burst: int = Field(default=5, ge=1, description="how many lines at once")
    rate: float = Field(
        default=0.5, gt=0, allow_inf_nan=False, description="how many lines a second after that"
    )


class Ping(_Model):
    """After `interval` silent seconds the server is asked; after `timeout` more it is gone."""

    interval: Seconds = 60.0
    timeout: Seconds = 60.0


class IRCConfig(_Model):
    """One network under `networks:`."""

    host: Annotated[str, AfterValidator(_word)]
    port: int = Field(default=0, ge=0, le=65535)  # 0: 6697 with TLS, 6667 without
    tls: bool = True
    tls_verify: bool = True
    ca_file: Path | None = None
    nick: Annotated[str, AfterValidator(_nick)] = "bridgekit"
    username: Annotated[str, AfterValidator(_word)] = "bridgekit"
    realname: Annotated[str, AfterValidator(_line)] = "A bridge to Matrix"
    password: Annotated[SecretStr, AfterValidator(_secret_line)] | None = None
    sasl: Sasl | None = None
    keys: dict[
        Annotated[str, AfterValidator(_channel)], Annotated[SecretStr, AfterValidator(_secret_word)]
    ] = Field(default_factory=dict)
    puppet_nick: Annotated[str, AfterValidator(_template)] = "{name}"
    flood: Flood = Flood()
    idle_after: Seconds = 2 * _DAY
    max_lines: int = Field(default=20, ge=1, description="how many lines a message may have")
    ping: Ping = Ping()
    timeout: Seconds = 30.0

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError(f"ca_file: there is no file {self.ca_file}")
        if not self.tls and self.ca_file is not None:
            raise ValueError("ca_file is of no use with tls: false; remove one of them")
        return self

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port or (6697 if self.tls else 6667)
