"""A place that somebody shared: `m.location` messages (spec, and MSC3488).

The place is a `geo:` URI (RFC 5870) in degrees of WGS 84.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridgekit.events import Location, Message, MessageKind
from bridgekit.ids import LoginID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.reasons import Reason
from bridgekit.richtext import Link, Text
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsLocation
from bridgekit.to_network.act import Happened, Pieces, Route, Scene, only
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import in_its_place, in_lines
from bridgekit.to_network.targets import Targets

_GEO = re.compile(
    r"geo:(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,3}(?:\.\d{1,20})?)(?:[,;].*)?", re.IGNORECASE
)
_LONGEST = 200  # letters of a name


@dataclass(frozen=True, slots=True)
class Locating:
    """A place is shown."""

    location: Location
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        place = in_its_place(self.location, route.limits)
        if isinstance(route.client, SupportsLocation):
            return only(place)
        name = scene.network.name
        if route.fallbacks.way(Feature.LOCATION) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, f"{name} cannot show places.")
        note = f"{name} cannot show places: yours was sent as a line of text."
        line = Message(
            _line(place), MessageKind.EMOTE, reply_to=place.reply_to, thread=place.thread
        )
        return in_lines(route, line, note=note)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


def location_of(content: Mapping[str, Any]) -> Location:
    """The place; raises `Failed` where it is none on Earth."""
    place = content.get("org.matrix.msc3488.location") or content.get("m.location")
    place = place if isinstance(place, dict) else {}
    for uri in (content.get("geo_uri"), place.get("uri")):
        found = _GEO.fullmatch(uri) if isinstance(uri, str) else None
        if found is None:
            continue
        north, east = float(found[1]), float(found[2])
        if math.fabs(north) <= 90 and math.fabs(east) <= 180:  # noqa: PLR2004 (degrees)
            return Location(north, east, _name(place, content))
    raise Failed(Reason.UNSUPPORTED, "Its coordinates are none on Earth.")


async def read_location(scene: Scene, targets: Targets) -> Locating:
    """What a message of the type `m.location` asks of the network; raises `Failed`."""
    place = location_of(scene.content)
    replied, thread = await targets.place(scene)
    return Locating(replace(place, reply_to=replied, thread=thread))


def _name(place: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    # Where MSC3488 is spoken, the body only repeats the coordinates for older clients.
    name = place.get("description") if place else content.get("body")
    return " ".join(name.split())[:_LONGEST] if isinstance(name, str) else ""


def _line(location: Location) -> tuple[Text, Link]:
    north, east = f"{location.latitude:.6f}", f"{location.longitude:.6f}"
    url = f"https://www.openstreetmap.org/?mlat={north}&mlon={east}#map=16/{north}/{east}"
    name = f": {location.name}" if location.name else ""
    return Text(f"shared a location{name} ({north}, {east}) "), Link((Text(url),), url)
