"""The settings that say who may do what: a level, or a level and what differs from it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bridgekit.ids import NetworkName
from bridgekit.permissions.permissions import EVERYBODY, Rule
from bridgekit.permissions.rights import Level, Right

DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"


def _who(text: str) -> str:
    mxid = rf"@[^\s:]*:{DOMAIN}"
    if text != EVERYBODY and not re.fullmatch(f"{mxid}|{DOMAIN}", text):
        raise ValueError('covers nobody; write "*", a server name, or a full @user:server')
    return text


def _whole(value: Any) -> Any:
    """`user` is short for `{level: user}`."""
    return value if isinstance(value, dict) else {"level": value}


class NetworkPermission(BaseModel):
    """What somebody may do: their level, and the rights and commands that differ from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    level: Level = Field(description="block, relay, user or admin")
    allow: frozenset[Right] = frozenset()
    deny: frozenset[Right] = frozenset()
    commands: dict[str, Literal["allow", "deny"]] = Field(default_factory=dict)

    def rule(self) -> Rule:
        return Rule(self.level, self.allow, self.deny, self.commands)


class Permission(NetworkPermission):
    """The same, with the networks on which it is otherwise."""

    networks: dict[str, Annotated[NetworkPermission, BeforeValidator(_whole)]] = Field(
        default_factory=dict
    )

    def rule(self) -> Rule:
        networks = {NetworkName(name): one.rule() for name, one in self.networks.items()}
        return Rule(self.level, self.allow, self.deny, self.commands, networks)


Who = Annotated[str, AfterValidator(_who)]
Line = Annotated[Permission, BeforeValidator(_whole)]
