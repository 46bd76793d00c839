"""How far a device is known to be its owner's: by what their cross-signing says of it. Pure.

The names of the levels are those that operators know from other bridges. Somebody's master key is
the one that they were first seen with, as a device's is; nobody here compares emoji.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bridgekit.encryption.signed import is_signed

OWNER = ""
"""In place of a device: the master key of the person."""


class Trust(IntEnum):
    """`BLOCKED` has other keys than before, and nobody vouches for them."""

    BLOCKED = -1
    UNVERIFIED = 0
    CROSS_SIGNED_UNTRUSTED = 1  # by a master key that is not the first one
    CROSS_SIGNED_TOFU = 2

    @classmethod
    def named(cls, level: str) -> Trust:
        """As it is written in the configuration."""
        return cls[level.upper().replace("-", "_")]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who vouches for devices of somebody; "": nobody."""

    user: str
    master: str = ""
    signing: str = ""
    first: bool = True
    """Whether the master key is the one that they were first seen with."""

    def trusts(self, device: Mapping[str, Any]) -> Trust:
        """`device` is what it publishes of itself."""
        if not self.signing or not is_signed(device, self.user, self.signing, self.signing):
            return Trust.UNVERIFIED
        return Trust.CROSS_SIGNED_TOFU if self.first else Trust.CROSS_SIGNED_UNTRUSTED


def owner_of(user: str, answer: Mapping[str, Any], pinned: str | None) -> Owner:
    """By an answer of /keys/query. Keys that do not hang together are none."""
    master = _key(answer, "master", user)
    signing = _key(answer, "self_signing", user)
    try:
        content = answer["self_signing_keys"][user]
    except (LookupError, TypeError):
        return Owner(user)
    if not (master and signing and is_signed(content, user, master, master)):
        return Owner(user)
    return Owner(user, master, signing, pinned in (None, master))


def _key(answer: Mapping[str, Any], usage: str, user: str) -> str:
    try:
        content = answer[f"{usage}_keys"][user]
        ((name, key),) = content["keys"].items()
        right = content["user_id"] == user and usage in content["usage"]
    except (LookupError, TypeError, ValueError, AttributeError):
        return ""
    return key if right and isinstance(key, str) and name == f"ed25519:{key}" else ""
