"""A space for each network that wants one, holding its rooms.

It is made once, like a room (delivery rule 15), under an alias that nobody can read; unlike a
room's, its alias stays: it is how the space is found again, so that no table need know it.
"""

from __future__ import annotations

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RoomID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.namespaces import Namespaces
from bridgekit.room.rooms import MARK
from bridgekit.signing import Signer

log = structlog.get_logger()


class Spaces:
    """Of all networks."""

    def __init__(self, intents: Intents, namespaces: Namespaces, signer: Signer) -> None:
        self._intents, self._namespaces, self._signer = intents, namespaces, signer
        self._known: dict[NetworkName, RoomID] = {}
        self._making: KeyedLocks[NetworkName] = KeyedLocks()

    async def ensure(self, network: NetworkName, title: str) -> RoomID:
        """The network's space; raises `RetryLater`; `Rejected` where its alias is not ours."""
        async with self._making.hold(network):
            if network not in self._known:
                self._known[network] = await self._find(network) or await self._make(network, title)
            return self._known[network]

    def forget(self, network: NetworkName) -> None:
        """It may be gone: look again."""
        self._known.pop(network, None)

    async def _find(self, network: NetworkName) -> RoomID | None:
        room = await self._intents.resolve(self._namespaces.private_alias(self._digest(network)))
        if room is None:
            return None
        create = await self._intents.state_event(room, "m.room.create") or {}
        ours = create.get("sender") == self._intents.bot
        if not ours or create["content"].get(MARK) != self._mark(network):
            raise Rejected(f"The alias of the space of {network} belongs to another room")
        return room

    async def _make(self, network: NetworkName, title: str) -> RoomID:
        content = {
            "preset": "public_chat",
            "visibility": "private",
            "room_alias_name": self._namespaces.private_alias_localpart(self._digest(network)),
            "creation_content": {"type": "m.space", MARK: self._mark(network)},
            "name": title,
            "initial_state": [
                {"type": "m.room.canonical_alias", "state_key": "", "content": {}},
            ],
            "power_level_content_override": {"events_default": 100, "invite": 50},
        }
        try:
            room = await self._intents.create_room(content)
        except Refused as refused:
            if refused.code != "M_ROOM_IN_USE":
                raise
            found = await self._find(network)
            if found is None:
                raise
            return found
        log.info("space made", network=network, room=room)
        return room

    def _digest(self, network: NetworkName) -> str:
        return self._signer.room_alias(_key(network))

    def _mark(self, network: NetworkName) -> str:
        return self._signer.creation_mark(_key(network))


def _key(network: NetworkName) -> PortalKey:
    """No chat has an empty ID."""
    return PortalKey(network, ChatID(""), LoginID("space"))
