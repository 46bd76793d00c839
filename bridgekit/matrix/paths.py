"""The paths of requests about rooms and people, their parts percent-encoded. Pure."""

from __future__ import annotations

from urllib.parse import quote

from bridgekit.ids import RoomID


def path_of(*parts: str) -> str:
    """These parts, one below the other."""
    # What begins and divides identifiers may stand in a path as it is (RFC 3986, `pchar`).
    return "/".join([quote(part, safe="!$:@") for part in parts])


def path_of_state(room: RoomID, kind: str, key: str) -> str:
    """One state event of a room."""
    return f"rooms/{path_of(room)}/state/{path_of(kind)}/{path_of(key)}"
