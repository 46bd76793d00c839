"""What clients and other bots are told of a room: that it is bridged, to what, and by whom.

MSC2346 "Bridge information state event", under its stable and its implemented name. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bridgekit.ids import UserID
from bridgekit.models import Portal

KINDS = ("m.bridge", "uk.half-shot.bridge")
FUNCTIONAL = "io.element.functional_members"


def state_key(domain: str, appservice: str, portal: Portal, opaque: str) -> str:
    """Unique per portal; a private chat's ID (a number, an address) is not for its room's state."""
    chat = opaque if portal.private else quote(portal.key.chat, safe="")
    return f"{domain}/{appservice}/{portal.key.network}/{chat}"


def bridge_info(
    portal: Portal,
    bot: UserID,
    protocol: tuple[str, str],
    opaque: str,
    name: str | None = None,
    creator: UserID | None = None,
) -> Mapping[str, Any]:
    """The content. `protocol` is the adapter's name and title; `name` the chat's, where known."""
    adapter, title = protocol
    channel: dict[str, Any] = {"id": opaque if portal.private else portal.key.chat}
    if not portal.private:
        channel["displayname"] = name or portal.key.chat
    return {
        "bridgebot": bot,
        "creator": creator or bot,
        "protocol": {"id": adapter, "displayname": title},
        "network": {"id": portal.key.network, "displayname": portal.key.network},
        "channel": channel,
    }


def functional_members(bot: UserID) -> Mapping[str, Any]:
    """Members that are not people: clients leave them out of a room's name (MSC4171)."""
    return {"service_members": [bot]}
