"""Who gives a command, how we know that it is them, and what they may use of what they may do."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import UserID
from bridgekit.models import Millis

READ = "read"
"""The scope of all commands that change nothing."""
EVERYTHING = "everything"
"""The scope of all commands."""


class Via(StrEnum):
    """How somebody showed who they are. Stored in the audit log; never renamed."""

    CHAT = "chat"  # the homeserver says who wrote a message
    MATRIX_TOKEN = "matrix_token"  # noqa: S105 (the name of a way, not a token)
    OPENID = "openid"
    API_TOKEN = "api_token"  # noqa: S105 (the name of a way, not a token)
    OPERATOR = "operator"  # they can read the configuration
    BRIDGE = "bridge"  # nobody did: what they sent was blocked


@dataclass(frozen=True, slots=True)
class Caller:
    """`scopes` are the names of commands, `READ` or `EVERYTHING`.

    `token` is the digest of the API token they came with, which ends at `expires` (0: never).
    """

    user: UserID
    via: Via
    scopes: AbstractSet[str] = frozenset({EVERYTHING})
    token: str = ""
    expires: Millis = 0

    @property
    def operator(self) -> bool:
        """Whether no rule stands above them: they could change the rules."""
        return self.via is Via.OPERATOR

    def has(self, command: str, *, changes: bool) -> bool:
        """Whether their token is for this command."""
        return bool(self.scopes & {EVERYTHING, command}) or (READ in self.scopes and not changes)
