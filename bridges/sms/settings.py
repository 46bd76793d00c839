"""What an operator writes about one gateway: the same few words for all of them."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bridgekit import ConfigError

# What an option of a gateway can be.
YES, COUNT, SECONDS = "yes|no", r"[1-9]\d{0,5}", r"\d{1,6}(\.\d+)?"


def _written(value: Any) -> Any:
    """A number as it is written: YAML reads it as one."""
    return f"{value}" if type(value) in (int, float) else value


def _word(token: SecretStr) -> SecretStr:
    if re.fullmatch(r"[\w.~-]*", token.get_secret_value(), re.ASCII) is None:
        raise ValueError("stands in an address; take letters, digits, -, _ and . for it")
    return token


class ProviderSettings(BaseModel):
    """An account at a gateway; what its words are called there, README.md says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(
        default="",
        description="which gateway: twilio, kannel, … or module:Class; default: the name above it",
    )
    api_url: str = Field(default="", description="where its API is, if not at the usual place")
    user: str = Field(default="", description="the account, key or user name")
    secret: SecretStr = Field(
        default=SecretStr(""), description="the token, secret or password that goes with it"
    )
    signing_key: SecretStr = Field(
        default=SecretStr(""), description="what its calls are signed with, if not with the secret"
    )
    token: Annotated[SecretStr, AfterValidator(_word)] = Field(
        default=SecretStr(""),
        description="a word of your own in the URL of its calls, for gateways that sign nothing",
    )
    allow_from: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description='the addresses that it calls from, like ["192.0.2.0/24"]'
    )
    service: str = Field(
        default="", description="a messaging service, profile or application at the gateway"
    )
    options: dict[str, Annotated[str, BeforeValidator(_written)]] = Field(
        default_factory=dict, description="what only this gateway has; see its section"
    )

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)

    def hook_is_of(self, title: str, service: str) -> None:
        """Raise `ConfigError` where a gateway is to be had call us, and nobody says for what."""
        if self.option("set_hook") == "yes" and not self.service:
            raise ConfigError(f"options.set_hook of {title} needs `service`, {service}")
