"""What people are called on a network for whom a relay speaks: nobody like somebody else.

In each room a name belongs to whoever first spoke under it, also after a restart. Whoever comes
with one that looks the same is told apart by their Matrix ID, which nobody else has in their name.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import unicodedata

from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.facts import Profile
from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.person.naming import clean_name
from bridgekit.person.skeleton import skeleton
from bridgekit.store.people import People, save_value
from bridgekit.store.personal import RELAYED_NAMES
from bridgekit.store.writer import Writer

KEPT = 10_000
_MXID = re.compile(r"@[^\s:@]+:[\w.-]*\w(?::\d+)?")


class RelayNames:
    """Of all rooms; in memory while people talk."""

    def __init__(self, people: People, writer: Writer) -> None:
        self._people, self._writer = people, writer
        self._known: LRU[tuple[NetworkName, RoomID, UserID], tuple[str, Profile]] = LRU(KEPT)

    def known(
        self, network: NetworkName, room: RoomID, user: UserID, profile: Profile
    ) -> Profile | None:
        """How somebody is called who spoke there lately under the same name."""
        name, found = self._known.get((network, room, user)) or (None, None)
        return found if name == profile.name else None

    async def given(
        self,
        settings: RelaySettings,
        network: NetworkName,
        room: RoomID,
        user: UserID,
        profile: Profile,
    ) -> Profile:
        """How somebody is called from now on."""
        shown = _filled(settings.name, user, profile.name)
        if _names_another(shown, user) or await self._owner(room, shown, user) != user:
            shown = _filled(settings.alike, user, profile.name)
            if await self._owner(room, shown, user) != user:
                shown = user
        return self._known.put(
            (network, room, user), (profile.name, Profile(shown, profile.avatar))
        )[1]

    async def _owner(self, room: RoomID, name: str, user: UserID) -> UserID:
        """Whose name it is in this room: theirs from now on, if it was nobody's."""
        look = await asyncio.to_thread(skeleton, name)
        key = f"{room} {hashlib.sha256(look.encode('utf-8', 'replace')).hexdigest()[:32]}"
        owner = await self._people.value(RELAYED_NAMES, key)
        if owner is None:
            await self._writer.write(save_value(RELAYED_NAMES, key, user))
        return UserID(owner or user)


def _names_another(name: str, user: UserID) -> bool:
    """Whether it holds a Matrix ID other than theirs: as others look who were told apart."""
    return bool(set(_MXID.findall(unicodedata.normalize("NFKC", name))) - {user})


def _filled(template: str, user: UserID, name: str) -> str:
    localpart, _, server = user.removeprefix("@").partition(":")
    text = template.format(name=name, localpart=localpart, server=server, user=user)
    return clean_name(text) or localpart
