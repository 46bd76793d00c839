"""A login as it is kept, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.models import Millis


class LoginKind(StrEnum):
    """Where a login comes from."""

    AUTOMATIC = "automatic"  # made for somebody who spoke, as their network needs no account
    CONFIGURED = "configured"  # the configuration holds it
    SIGNED_IN = "signed_in"
    LEAVING = "leaving"  # signed out of; what hung on it is being cleared away


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A login as it is kept. `owner` is the Matrix person it speaks for; None: the bridge's own.

    `sealed` are its credentials (`login/credentials.py`); "" for none. `chosen_at`: when its person
    last chose it to speak for them. `told` is the standing that they know of (`login/news.py`).
    """

    id: LoginID
    network: NetworkName
    owner: UserID | None
    sealed: str = ""
    me: RemoteUserID | None = None
    used_at: Millis = 0
    kind: LoginKind = LoginKind.AUTOMATIC
    made_at: Millis = 0
    chosen_at: Millis = 0
    told: str = ""

    @property
    def order(self) -> tuple[int, bool, int, LoginID]:
        """Of a person's logins: the one that they have chosen, one signed in to, the oldest."""
        return (-self.chosen_at, self.kind is not LoginKind.SIGNED_IN, self.made_at, self.id)
