"""What an operator sets for one IRC network."""

import re
import ssl
from ipaddress import IPv4Network, IPv6Network
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
from bridges.irc.addresses import LEAST
from bridges.irc.ident import place
from bridges.irc.naming import NICK, PLACES
from bridges.irc.nicks import is_channel, is_nick
from bridges.irc.sasl import Mechanism
from bridges.irc.switches import Switch

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
    if value.count("{name}") + value.count("{localpart}") != 1:
        raise ValueError(
            "must hold {name} once: that is where the person's name goes; or {localpart}"
        )
    return value


def _addresses(value: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if value.num_addresses < LEAST:
        raise ValueError(f"must be a network of {LEAST} addresses or more, such as a /64 of IPv6")
    return value


def _naming(value: str) -> str:
    rest = value
    for known in PLACES:
        rest = rest.replace(known, "")
    if NICK not in value or "{" in rest or not value.isprintable():
        raise ValueError("must hold {nick}, and may hold {realname} and {account} besides")
    return value


def _place(value: str) -> str:
    place(value)
    return value


def _modes(value: str) -> str:
    if value and not re.fullmatch(r"(?:[+-][A-Za-z]+)+", value):
        raise ValueError("must be modes of a user with their signs, such as +B or +ix-w")
    return value


def _moment(value: object) -> float:
    return 0.0 if value == 0 else duration(value)


Seconds = Annotated[float, BeforeValidator(duration)]


def _check_certificate(path: Path, *, tls: bool) -> None:
    if not tls:
        raise ValueError("certificate is of no use with tls: false; remove one of them")
    try:
        ssl.create_default_context().load_cert_chain(path)
    except FileNotFoundError:
        raise ValueError(f"certificate: there is no file {path}") from None
    except OSError:  # what is wrong with it, OpenSSL says in numbers
        raise ValueError(
            f"certificate: {path} does not hold a certificate and its key, without a passphrase"
        ) from None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sasl(_Model):
    """The account that the bot signs in to."""

    username: Annotated[str, AfterValidator(_line)]
    password: Annotated[SecretStr, AfterValidator(_secret_line)] | None = None
    mechanism: Mechanism = Mechanism.AUTO


class Flood(_Model):
    """How fast one connection may send: `burst` lines at once, then `rate` lines a second."""

    burst: int = Field(default=5, ge=1, description="how many lines at once")
    rate: float = Field(
        default=0.5, gt=0, allow_inf_nan=False, description="how many lines a second after that"
    )


class WebIRC(_Model):
    """What makes the server take the address of a person from us; its operators give it."""

    password: Annotated[SecretStr, AfterValidator(_secret_word)]
    gateway: Annotated[str, AfterValidator(_word)] = "bridgekit"


class Demand(_Model):
    """Which channels people may have bridged by themselves, beside those of `links`."""

    exclude: tuple[Annotated[str, AfterValidator(_channel)], ...] = Field(
        default=(), description='never these; * and ? stand for more, as in "#staff-*"'
    )
    most: int | None = Field(
        default=None, ge=0, description="only while fewer than so many are bridged"
    )


class People(_Model):
    """The connections of people from Matrix."""

    most: int | None = Field(
        default=None, ge=1, description="how many at once; who spoke least lately goes first"
    )
    channels: int | None = Field(
        default=None, ge=1, description="in how many channels one of them may be"
    )
    apart: Annotated[float, BeforeValidator(_moment)] = Field(
        default=0.1, description="seconds from one sign-in to the next, where nobody complains"
    )
    addresses: Annotated[IPv4Network | IPv6Network, AfterValidator(_addresses)] | None = Field(
        default=None, description="the addresses that they come from, one for each person"
    )
    webirc: WebIRC | None = None
    modes: Annotated[str, AfterValidator(_modes)] = Field(
        default="", description="modes that each of them takes, such as +x"
    )
    follow: bool = Field(default=True, description="another name on Matrix is another nick")


class Ping(_Model):
    """After `interval` silent seconds the server is asked; after `timeout` more it is gone."""

    interval: Seconds = 60.0
    timeout: Seconds = 60.0


class Splits(_Model):
    """A quit waits for `moment`; behind a server that was lost, people have `patience` to return.

    A moment of 0 tells every quit at once.
    """

    moment: Annotated[float, BeforeValidator(_moment)] = 1.0
    patience: Seconds = 15 * 60.0


class Members(_Model):
    """Who joins before they say something; whoever does not, joins with their first words."""

    listed: bool = Field(
        default=True, description="who is in a channel on IRC when the bridge comes"
    )
    coming: bool = Field(default=True, description="who comes to a channel on IRC")
    people: bool = Field(
        default=False, description="who joins the room on Matrix comes to the channel at once"
    )
    there: bool | None = Field(default=None, description="so does who is in it at the start")

    @property
    def switch(self) -> Switch:
        there = self.people if self.there is None else self.there
        return Switch(self.listed, self.coming, self.people, there)


class Channel(_Model):
    """What differs in one channel."""

    lines: int | None = Field(
        default=None, ge=1, description="how many lines a message may have; more become a page"
    )
    members: Members | None = None


class IRCConfig(_Model):
    """One network under `networks:`."""

    host: Annotated[str, AfterValidator(_word)]
    port: int = Field(default=0, ge=0, le=65535)  # 0: 6697 with TLS, 6667 without
    tls: bool = True
    tls_verify: bool = True
    ca_file: Path | None = None
    certificate: Path | None = Field(
        default=None, description="a PEM file with a certificate and its key, to be known by"
    )
    bot: bool = Field(
        default=True,
        description="false where the network forbids bots: people's connections listen",
    )
    nick: Annotated[str, AfterValidator(_nick)] = "bridgekit"
    username: Annotated[str, AfterValidator(_word)] = "bridgekit"
    realname: Annotated[str, AfterValidator(_line)] = "A bridge to Matrix"
    modes: Annotated[str, AfterValidator(_modes)] | None = Field(
        default=None, description="modes that the bot takes; that of bots where there is one"
    )
    password: Annotated[SecretStr, AfterValidator(_secret_line)] | None = None
    sasl: Sasl | None = None
    keys: dict[
        Annotated[str, AfterValidator(_channel)], Annotated[SecretStr, AfterValidator(_secret_word)]
    ] = Field(default_factory=dict)
    on_demand: Demand = Demand()
    presence: Members = Members()
    channels: dict[Annotated[str, AfterValidator(_channel)], Channel] = Field(
        default_factory=dict, description="what differs in single channels"
    )
    puppet_nick: Annotated[str, AfterValidator(_template)] = "{name}"
    ghost_name: Annotated[str, AfterValidator(_naming)] = Field(
        default=NICK, description="how people on IRC are shown, e.g. {nick} ({realname})"
    )
    no_ping: bool = Field(
        default=False, description="relayed people's names call nobody on IRC who has the same"
    )
    people: People = People()
    flood: Flood = Flood()
    idle_after: Seconds = 2 * _DAY
    max_lines: int = Field(default=20, ge=1, description="how many lines a message may have")
    ping: Ping = Ping()
    splits: Splits = Splits()
    timeout: Seconds = 30.0
    ident: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None, description="where IRC servers may ask whose a connection is: 0.0.0.0:113"
    )
    holder: Path | None = Field(
        default=None, description="the socket of `bridgekit irc-holder`, which keeps connections"
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError(f"ca_file: there is no file {self.ca_file}")
        if not self.tls and self.ca_file is not None:
            raise ValueError("ca_file is of no use with tls: false; remove one of them")
        if self.certificate is not None:
            _check_certificate(self.certificate, tls=self.tls)
        if self.sasl and self.sasl.password is None and self.certificate is None:
            raise ValueError("sasl: it needs a password, or a certificate")
        if self.ident is not None and self.holder is not None:
            raise ValueError("ident: the holder has the connections; start it with --ident instead")
        if self.people.webirc is not None and self.people.addresses is None:
            raise ValueError("people: webirc needs addresses, to tell the server one for each")
        return self

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port or (6697 if self.tls else 6667)
