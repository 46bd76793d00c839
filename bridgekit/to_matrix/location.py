"""A place, on a map; where it is none, as a line of text."""

from __future__ import annotations

import math
from dataclasses import replace

from bridgekit.events import Content, Location, Message, MessageKind
from bridgekit.lanes.journey import Done
from bridgekit.matrix.location_content import location_content
from bridgekit.matrix.media_content import MESSAGE
from bridgekit.person.naming import clean_name
from bridgekit.richtext import Text
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.showing import Showing


class Locations:
    """A later stamp under the same ID moves the place."""

    def __init__(self, showing: Showing, messages: Messages) -> None:
        self._showing, self._messages = showing, messages

    async def bridge(self, scene: Scene[Content], place: Location) -> Done:
        named = replace(place, name=clean_name(place.name))
        if not _on_earth(named):
            words = Text(f"A place that is on no map{named.name and f': {named.name}'}")
            line = Message(
                (words,), MessageKind.NOTICE, reply_to=place.reply_to, thread=place.thread
            )
            return await self._messages.bridge(scene, line)
        return await self._showing.show(
            scene,
            place,
            MESSAGE,
            lambda speaker: location_content(named, speaker.name),
        )


def _on_earth(place: Location) -> bool:
    """Not so for infinity, and for what is no number."""
    north, east = place.latitude, place.longitude
    return all(map(math.isfinite, (north, east))) and abs(north) <= 90 and abs(east) <= 180  # noqa: PLR2004 (degrees)
