"""What becomes of what a network lacks: one table, which operators change per network.

Never silence: where nothing is sent, whoever did it is told, for what is done often once per room.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Feature(StrEnum):
    """What a network may lack."""

    EDIT = "edit"
    DELETION = "deletion"
    REACTION = "reaction"
    REPLY = "reply"
    THREAD = "thread"
    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    VIDEO = "video"
    VOICE = "voice"
    STICKER = "sticker"
    LOCATION = "location"
    POLL = "poll"
    VOTE = "vote"
    PIN = "pin"
    MEMBERSHIP = "membership"
    CHAT = "chat"
    LONG_TEXT = "long_text"


class Way(StrEnum):
    """What it becomes."""

    MESSAGE = "message"  # a new message that says so
    SHORT = "short"  # the same, with what has changed alone
    QUOTE = "quote"  # a short quotation of what it refers to, before it
    REPLY = "reply"  # a reply to what the thread hangs on
    PLAIN = "plain"  # the same without it
    LINK = "link"  # a signed link to it
    LINE = "line"  # a line of text
    PARTS = "parts"  # several messages
    NOTHING = "nothing"  # not sent, and its sender is told


# The ways there are; the first one is taken where the operator does not say.
TABLE: Mapping[Feature, tuple[Way, ...]] = {
    Feature.EDIT: (Way.MESSAGE, Way.SHORT, Way.NOTHING),
    Feature.DELETION: (Way.NOTHING, Way.LINE),
    Feature.REACTION: (Way.NOTHING, Way.LINE),
    Feature.REPLY: (Way.QUOTE, Way.PLAIN),
    Feature.THREAD: (Way.REPLY, Way.PLAIN),
    Feature.IMAGE: (Way.LINK, Way.NOTHING),
    Feature.FILE: (Way.LINK, Way.NOTHING),
    Feature.AUDIO: (Way.LINK, Way.NOTHING),
    Feature.VIDEO: (Way.LINK, Way.NOTHING),
    Feature.VOICE: (Way.LINK, Way.NOTHING),
    Feature.STICKER: (Way.LINK, Way.NOTHING),
    Feature.LOCATION: (Way.LINE, Way.NOTHING),
    Feature.POLL: (Way.LINE, Way.NOTHING),
    Feature.VOTE: (Way.NOTHING, Way.LINE),
    Feature.PIN: (Way.NOTHING, Way.LINE),
    Feature.MEMBERSHIP: (Way.NOTHING,),
    Feature.CHAT: (Way.NOTHING,),
    Feature.LONG_TEXT: (Way.PARTS, Way.LINK),
}


class Fallbacks:
    """One network's choice: the operator's, else the table's."""

    def __init__(self, chosen: Mapping[Feature, Way] | None = None) -> None:
        self._chosen = dict(chosen or {})

    def way(self, feature: Feature) -> Way:
        return self._chosen.get(feature, TABLE[feature][0])
