"""The settings of double puppets: whose accounts the bridge may use, by homeserver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridgekit.configuration.addresses import Token, WebAddress, homeserver_address
from bridgekit.configuration.faults import Faults

OF_THE_BRIDGE = "is the bridge's own as_token"


class PuppetSettings(BaseModel):
    """Of one homeserver. With `as_token` all its people have puppets, else whoever gives a token.

    `url` is where its client API is; the bridge's own homeserver needs none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    as_token: Token | None = Field(
        default=None,
        description="of a registration of its own; see `bridgekit registration --puppets`",
    )
    url: Annotated[WebAddress, AfterValidator(homeserver_address)] | None = Field(
        default=None, description="where that homeserver is reached, like https://matrix.other.org"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.as_token is None and self.url is None:
            raise ValueError("says nothing; give it an as_token, a url, or both")
        return self


def check_puppets(section: Mapping[str, Any], domain: str, own: object, faults: Faults) -> None:
    """What is wrong between homeservers; `own` is the bridge's `as_token`."""
    for server, puppets in section.items():
        where = ("double_puppets", server)
        token = puppets.get("as_token") if isinstance(puppets, dict) else None
        if token is None or faults.is_settled((*where, "as_token")):
            continue
        if token == own:
            why = f"{OF_THE_BRIDGE}; make another one, for a registration of its own"
            faults.add((*where, "as_token"), why)
        if server != domain and puppets.get("url") is None:
            why = "needs a url; add where that homeserver is reached"
            faults.add(where, why, key=True)
