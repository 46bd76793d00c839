"""An application service as the homeserver knows it: its registration file, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Namespace:
    exclusive: bool
    regex: re.Pattern[str]


def _namespaces(registration: Mapping[str, Any], kind: str) -> tuple[Namespace, ...]:
    entries = (registration.get("namespaces") or {}).get(kind) or []
    return tuple(Namespace(entry["exclusive"], re.compile(entry["regex"])) for entry in entries)


@dataclass(frozen=True, slots=True)
class AppService:
    """One registration (application service API 2.1). Patterns match from the start, as Synapse's.

    `url` is None where the registration says so: then nothing is ever pushed.
    """

    id: str
    url: str | None
    as_token: str
    hs_token: str
    sender: str
    ephemeral: bool
    unstable_ephemeral: bool  # the name before Matrix 1.13 (MSC2409)
    manages_devices: bool
    users: tuple[Namespace, ...]
    aliases: tuple[Namespace, ...]
    rooms: tuple[Namespace, ...]

    @classmethod
    def load(cls, registration: Mapping[str, Any], domain: str) -> AppService:
        """Read a registration file's mapping; a missing key raises `KeyError`, as Synapse does."""
        url: str | None = registration["url"]
        return cls(
            id=registration["id"],
            url=url.rstrip("/") if url else None,
            as_token=registration["as_token"],
            hs_token=registration["hs_token"],
            sender=f"@{registration['sender_localpart']}:{domain}",
            ephemeral=bool(registration.get("receive_ephemeral")),
            unstable_ephemeral=bool(registration.get("de.sorunome.msc2409.push_ephemeral")),
            manages_devices=bool(registration.get("io.element.msc4190")),
            users=_namespaces(registration, "users"),
            aliases=_namespaces(registration, "aliases"),
            rooms=_namespaces(registration, "rooms"),
        )

    def knows_user(self, user_id: str) -> bool:
        return user_id == self.sender or _find(self.users, user_id) is not None

    def owns_user(self, user_id: str) -> bool:
        return user_id == self.sender or _exclusive(self.users, user_id)

    def knows_alias(self, alias: str) -> bool:
        return _find(self.aliases, alias) is not None

    def owns_alias(self, alias: str) -> bool:
        return _exclusive(self.aliases, alias)

    def knows_room(self, room_id: str) -> bool:
        return _find(self.rooms, room_id) is not None


def _find(namespaces: tuple[Namespace, ...], text: str) -> Namespace | None:
    return next((entry for entry in namespaces if entry.regex.match(text)), None)


def _exclusive(namespaces: tuple[Namespace, ...], text: str) -> bool:
    found = _find(namespaces, text)
    return found is not None and found.exclusive
