"""How people on Matrix are shown in a room: kept while they talk, refreshed by their own events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridgekit.facts import Attachment, AttachmentKind, Profile
from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.media.source import MatrixFile, encode

KEPT = 10_000
LONGEST = 100  # letters; some homeservers allow as many as fit into an event


class Profiles:
    """Display names by room and person.

    `shown` is told of each that becomes known, and of each that is another now.
    """

    def __init__(self, intents: Intents, shown: Callable[[UserID, str], None]) -> None:
        self._intents, self._shown = intents, shown
        self._known: LRU[tuple[RoomID, UserID], Profile] = LRU(KEPT)

    async def of(self, room: RoomID, user: UserID) -> Profile:
        """How `user` is shown in `room`; asks the homeserver where it is not known yet."""
        known = self._known.get((room, user))
        if known is not None:
            return known
        content: Mapping[str, Any] | None
        try:
            content = await self._intents.state(room, "m.room.member", user)
        except Refused:
            # The bot is not in the room: a direct chat that the person has opened themselves.
            content = await self._own(user)
        return self._keep(room, user, content or {})

    async def everywhere(self, user: UserID) -> Profile | None:
        """How `user` is shown where no room says otherwise; None where nobody tells us.

        Raises as the homeserver's API does, but for `Refused`.
        """
        content = await self._own(user)
        return None if content is None else profile_of(user, content)

    async def _own(self, user: UserID) -> Mapping[str, Any] | None:
        try:
            return await self._intents.profile(user)
        except Refused:
            return None  # their homeserver keeps it to itself

    def changed(self, room: RoomID, user: UserID, content: Mapping[str, Any]) -> None:
        """A membership event of `user` was seen in `room`."""
        if content.get("membership") == "join":
            self._keep(room, user, content)
        else:
            self._known.forget((room, user))

    def _keep(self, room: RoomID, user: UserID, content: Mapping[str, Any]) -> Profile:
        profile = self._known.put((room, user), profile_of(user, content))
        self._shown(user, profile.name)
        return profile


def localpart(user: UserID) -> str:
    """`alice` of `@alice:example.org`."""
    return user[1:].partition(":")[0]


def profile_of(user: UserID, content: Mapping[str, Any]) -> Profile:
    """As a member event or a profile has it."""
    name = content.get("displayname")
    # A name is one line everywhere: what it must not hold on a wire goes here, once.
    clean = " ".join(str(name).split()) if isinstance(name, str) else ""
    printable = "".join(letter for letter in clean if letter.isprintable())
    picture = content.get("avatar_url")
    avatar = None
    if isinstance(picture, str) and picture.startswith("mxc://"):
        avatar = Attachment(AttachmentKind.IMAGE, encode(MatrixFile(picture)), "avatar")
    return Profile(printable[:LONGEST].strip() or localpart(user), avatar)
