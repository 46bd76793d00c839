"""What an operator writes about one gateway: the same few words for all of them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# What an option of a gateway can be.
YES, COUNT, SECONDS = "yes|no", r"[1-9]\d{0,5}", r"\d{1,6}(\.\d+)?"


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
    token: SecretStr = Field(
        default=SecretStr(""),
        description="a word of your own in the URL of its calls, for gateways that sign nothing",
    )
    allow_from: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description='the addresses that it calls from, like ["192.0.2.0/24"]'
    )
    service: str = Field(
        default="", description="a messaging service, profile or application at the gateway"
    )
    options: dict[str, str] = Field(
        default_factory=dict, description="what only this gateway has; see its section"
    )

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)
