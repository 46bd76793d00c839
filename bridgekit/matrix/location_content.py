"""A place as the content of an `m.room.message`; pure.

Spec: client-server API, "m.location"; MSC3488 beside it, which says what kind of place it is.
"""

from __future__ import annotations

from typing import Any

from bridgekit.events import Location


def location_content(place: Location, speaks_for: str | None) -> dict[str, Any]:
    """RFC 5870: degrees, north and east first; nothing in exponents."""
    uri = f"geo:{place.latitude:.7f},{place.longitude:.7f}"
    body = f"Location {place.name} at {uri}" if place.name else f"Location at {uri}"
    about: dict[str, Any] = {"uri": uri}
    if place.name:
        about["description"] = place.name
    return {
        "msgtype": "m.location",
        "body": body if speaks_for is None else f"<{speaks_for}> {body}",
        "geo_uri": uri,
        "m.mentions": {},
        "org.matrix.msc3488.location": about,
        "org.matrix.msc3488.asset": {"type": "m.self" if place.live else "m.pin"},
    }
