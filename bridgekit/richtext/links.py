"""Which URLs a link may have, and which of them name a Matrix person or room.

Matrix allows few schemes (client-server spec v1.15, "m.room.message msgtypes"), and points at
people and rooms by URL (spec appendices, "matrix.to navigation" and "Matrix URI scheme").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from bridgekit.ids import UserID

# The spec's list and `tel`, which networks send; clients that follow the spec show its label only.
SCHEMES = frozenset({"https", "http", "ftp", "mailto", "magnet", "tel"})

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(?=.)", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")  # browsers skip some of them, so "java\nscript:" works
_MATRIX_TO = re.compile(r"https?://(?:www\.)?matrix\.to/#/([^?]+)", re.IGNORECASE)
_MATRIX_URI = re.compile(
    r"matrix:(u|user|r|room|roomid)/([^/?]+)(?:/(?:e|event)/([^/?]+))?", re.IGNORECASE
)
# Escaped, any character may be in one: no white space, no control, no half of a character is.
_USER = re.compile(r"@[^:\s\x00-\x1f\x7f\ud800-\udfff]+:[^/\s\x00-\x1f\x7f\ud800-\udfff]+")
_ROOM = re.compile(r"[!#][^\s\x00-\x1f\x7f\ud800-\udfff]+")
_SIGILS = {"u": "@", "user": "@", "r": "#", "room": "#", "roomid": "!"}
_OBVIOUS = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UserTarget:
    """A URL that names a person."""

    mxid: UserID


@dataclass(frozen=True, slots=True)
class RoomTarget:
    """A URL that names a room, as a matrix.to URL."""

    url: str


@dataclass(frozen=True, slots=True)
class WebTarget:
    """A URL that may be followed."""

    url: str


Target = UserTarget | RoomTarget | WebTarget


def safe_url(url: str) -> str | None:
    """`url` without control characters; None where it is relative or of another scheme."""
    clean = _CONTROLS.sub("", url).strip()
    scheme = _SCHEME.match(clean)
    return clean if scheme and scheme[1].lower() in SCHEMES else None


def target(href: str) -> Target | None:
    """What a link leads to; None where it must not be followed."""
    url = _CONTROLS.sub("", href).strip()
    if uri := _MATRIX_URI.match(url):
        url = _matrix_to(uri)
    if matrix := _MATRIX_TO.match(url):
        # What follows a slash is an event; one in the identifier itself is escaped.
        identifier = "" if "/" in matrix[1] else unquote(matrix[1])
        if _USER.fullmatch(identifier):
            return UserTarget(UserID(identifier))
        if _ROOM.fullmatch(identifier):
            return RoomTarget(url)
    safe = safe_url(url)
    return WebTarget(safe) if safe else None


def tells_url(label: str, url: str) -> bool:
    """Whether somebody who reads `label` has read `url`, but for its scheme or a last slash."""
    rest = _OBVIOUS.sub("", url, count=1)
    return label.strip() in {url, url.removesuffix("/"), rest, rest.removesuffix("/")}


def _matrix_to(uri: re.Match[str]) -> str:
    identifier = quote(_SIGILS[uri[1].lower()] + unquote(uri[2]), safe="!#@:", errors="replace")
    event = "/" + quote("$" + unquote(uri[3]), safe="$", errors="replace") if uri[3] else ""
    return f"https://matrix.to/#/{identifier}{event}"
