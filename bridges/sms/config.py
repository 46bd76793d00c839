"""What an operator writes about a network of text messages."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridgekit import duration
from bridges.sms import numbers
from bridges.sms.opt_out import LANGUAGES
from bridges.sms.settings import ProviderSettings

Seconds = Annotated[float, BeforeValidator(duration)]


class Prefix(StrEnum):
    """Whether a text begins with the name of whoever wrote it on Matrix."""

    NAME = "name"
    NEVER = "never"


class Strangers(StrEnum):
    """What becomes of texts from numbers that nobody here knows."""

    ROOM = "room"  # a room of their own, as everybody has
    QUARANTINE = "quarantine"  # one room for all of them, in which nobody can answer
    IGNORE = "ignore"  # kept for the operator only


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _number(text: str) -> str:
    found = numbers.e164(f"+{text}" if text.isdecimal() else text, None)
    if found is None and not numbers.is_short(text):
        raise ValueError("is no number; write its country too, like +15550001111, or a short code")
    return found or text


def _gateway(text: str) -> str:
    if re.fullmatch(r"[\w-]+", text, re.ASCII) is None:
        raise ValueError("is part of an address; write it with letters, digits, - and _")
    return text


def _country(text: str) -> str:
    if text != "*" and not (len(text) == 2 and text.isalpha()):  # noqa: PLR2004 (ISO 3166)
        raise ValueError(f'{text!r} is no country; write two letters, like US, or "*" for all')
    return text.upper()


def _home(text: str) -> str:
    if text == "*":
        raise ValueError("is one country; write two letters, like US")
    return _country(text)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"{text!r} has no words here; there are {', '.join(sorted(LANGUAGES))}")
    return text


class Number(_Model):
    """One of our own numbers. `via` are its gateways: the first that takes a text sends it.

    `home` is its country, where the number does not say it.
    """

    via: tuple[str, ...] = ()
    rate: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="text messages a second"
    )
    burst: int = Field(default=1, ge=1, description="how many at once after a pause")
    home: Annotated[str, AfterValidator(_home)] | None = Field(
        default=None, description="its country, which only a short code needs, like US"
    )


class OptOut(_Model):
    """The words that end and begin it, and what we answer where the gateway does not."""

    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    yes: bool = Field(default=False, description="whether YES opts in, too")
    stop_reply: str = (
        "You will get no more messages from this number. Text START to get them again."
    )
    start_reply: str = "You will get messages from this number again. Text STOP to end that."
    help_reply: str = ""


class SMSConfig(_Model):
    """A network of text messages: our numbers, and the gateways that carry them."""

    providers: dict[Annotated[str, AfterValidator(_gateway)], ProviderSettings] = Field(
        min_length=1, description="the gateways, each under a name of your choice"
    )
    numbers: dict[Annotated[str, AfterValidator(_number)], Number] = Field(
        min_length=1, description='our own numbers, like {"+15550001111": {}}'
    )
    prefix: Prefix = Prefix.NAME
    strangers: Strangers = Strangers.ROOM
    countries: tuple[Annotated[str, AfterValidator(_country)], ...] = Field(
        default=(), description='the countries that are texted, beside our own; "*": all'
    )
    premium: bool = Field(default=False, description="whether numbers that cost extra are texted")
    opt_out: OptOut = OptOut()
    tapbacks: dict[str, str] = Field(
        default_factory=dict, description='reactions in other languages: {"Aime": "👍"}'
    )
    transliterate: bool = Field(
        default=True, description="whether curly quotes and dashes are made plain to save a message"
    )
    segments: int = Field(default=10, ge=1, le=255, description="text messages that one may take")
    tell_from: int = Field(default=3, ge=2, description="from how many on the sender is told")
    per_day: int | None = Field(default=1000, ge=1, description="text messages in a day (UTC)")
    per_minute: int = Field(default=10, ge=1, description="messages to one number in a minute")
    parts_wait: Seconds = Field(
        default=600.0, gt=0, description="how long missing parts of a text are waited for"
    )
    contacts: Path | None = Field(default=None, description="a vCard or CSV file with names")
    timeout: Seconds = Field(default=30.0, gt=0, description="how long a gateway may take")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for number, settings in self.numbers.items():
            unknown = [name for name in settings.via if name not in self.providers]
            if unknown:
                known = ", ".join(self.providers)
                raise ValueError(f"numbers.{number}.via names {unknown[0]}; there is {known}")
        return self

    def via(self, own: str) -> tuple[str, ...]:
        """The gateways of one of our numbers, in the order they are tried."""
        return self.numbers[own].via or tuple(self.providers)

    def carried(self, gateway: str) -> tuple[str, ...]:
        """Those of our numbers that a gateway carries."""
        return tuple(own for own in self.numbers if gateway in self.via(own))

    def home(self, own: str) -> str | None:
        """The country of one of our numbers, which short forms of others belong to."""
        named = self.numbers.get(own)
        return (named and named.home) or numbers.region(own)
