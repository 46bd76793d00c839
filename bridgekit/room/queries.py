"""What the homeserver asks for: an alias, whose room is then made, and ghosts, which then exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bridgekit import retry
from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError, LoginError, Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import PortalKey, RemoteUserID, RoomAlias, RoomID, UserID
from bridgekit.login.logins import NotConnected
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.pacing import Pacing
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.finding import listed_chat
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsContacts
from bridgekit.to_matrix.lookup import looked_up

log = structlog.get_logger()

PATIENCE = 10.0  # seconds that a query may take before its asker gives up

# Who asks for an alias or a ghost is not known, and may be anybody on the federation: what an
# answer makes (a room, an account, a channel that is entered) is made this often for all together.
ALIASES = {"rate": 1 / 10, "burst": 10.0}  # tokens a second, and at once
GHOSTS = {"rate": 1.0, "burst": 50.0}
SAID = {"rate": 1 / 60, "burst": 1.0}  # one line a minute, however many are refused


class Queries:
    """Answers them (application service API, "Querying")."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        ghosts: Ghosts,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
        with_room: Callable[[Portal, ChatInfo], Awaitable[Portal]],
    ) -> None:
        self._networks, self._portals, self._ghosts = networks, portals, ghosts
        self._intents, self._namespaces, self._clock = intents, namespaces, clock
        self._with_room, self._pacing = with_room, Pacing(clock)

    async def alias_exists(self, alias: RoomAlias) -> bool:
        """The homeserver asks for an alias of ours: make its room, if there is such a chat."""
        spelled = self._namespaces.alias_name(alias)
        network = None if spelled is None else self._networks.get(spelled.network)
        if spelled is None or network is None:
            return False
        try:
            async with self._clock.timeout(PATIENCE):
                chat = await self._chat(network, spelled.name)
                room = None if chat is None else await self._room_of(network, chat)
                if room is not None:
                    await self._intents.add_alias(alias, room)
                return room is not None
        except (Rejected, LoginError, NotConnected, RetryLater, TimeoutError) as error:
            why = str(error) or "it takes too long"
            log.warning("alias refused", network=network.name, chat=spelled.name, why=why)
            return False

    async def _chat(self, network: Network, name: str) -> Chat | None:
        """The chat that an alias names, if everybody may see it."""
        if isinstance(network.adapter, SupportsNames):
            chat = network.adapter.chat_named(name)
            if chat is not None and (why := network.adapter.withheld(chat.id)):
                raise Rejected(why)
            return None if chat is None or chat.private else chat
        if not self._may_make("name", network, ALIASES):
            return None
        info = await listed_chat(network, name, self._clock)
        if info is None or info.id is None or info.direct or info.by_invitation:
            return None
        return Chat(info.id)

    async def user_exists(self, mxid: UserID) -> bool:
        """The homeserver asks for a ghost: it exists if the network could have such a person."""
        remote = self._namespaces.remote_user(mxid)
        network = None if remote is None else self._networks.get(remote.network)
        found = None if network is None else await self._ghosts.remote_user(mxid)
        if network is None or found is None:
            return False
        user = await self._known_person(network, found.user)
        if user is None or self._namespaces.ghost(network.name, user) != mxid:
            return False
        known = await self._ghosts.known(network.name, user)
        if not known and not self._may_make("user", network, GHOSTS):
            return False
        return (await self._ghosts.ensure(network.name, user)).mxid == mxid

    async def _known_person(self, network: Network, user: RemoteUserID) -> RemoteUserID | None:
        """The person of this ID, if the network could have one, or says that it has."""
        if isinstance(network.adapter, SupportsNames):
            return network.adapter.user_named(user)
        if await self._ghosts.known(network.name, user):
            return user
        client = network.logins.listeners.client()  # a person's own login answers to nobody else
        if (
            client is None
            or not isinstance(client, SupportsContacts)
            or not self._may_make("user", network, GHOSTS)
        ):
            return None
        try:
            async with self._clock.timeout(PATIENCE):
                await client.resolve(str(user))
        except (BridgekitError, TimeoutError):
            return None
        return user

    def _may_make(self, what: str, network: Network, limit: Mapping[str, float]) -> bool:
        """Whether a query may make something now; if not, the log says so once a minute."""
        if self._pacing.spare((what,), rate=limit["rate"], burst=limit["burst"]):
            return True
        if self._pacing.spare((what, "said"), rate=SAID["rate"], burst=SAID["burst"]):
            log.warning("too many queries", of=what, network=network.name)
        return False

    async def _room_of(self, network: Network, chat: Chat) -> RoomID | None:
        """The room of a chat, made if there is none; None if nobody can be in the chat."""
        key = PortalKey(network.name, chat.id)
        portal = await self._portals.find(key)
        if portal is not None and portal.state is PortalState.BOUND:
            return portal.room
        listener = network.logins.listeners.of(chat.id)
        promised = portal is not None and self._portals.promised(portal.id)
        if listener is None or promised or not self._may_make("alias", network, ALIASES):
            return None
        # Asked before anything is stored: a chat that cannot be entered leaves nothing behind.
        client = await network.logins.ready(listener, chat, PATIENCE)
        info = await looked_up(self._clock, "chat", client.chat_info(chat.id))
        portal = await self._portals.want(await self._portals.ensure(key))
        await network.host.refresh_chats()
        while True:
            try:
                return (await self._with_room(portal, info or ChatInfo(name=chat.id))).room
            except RetryLater as error:  # until whoever asks has no patience left
                await self._clock.sleep(retry.delay(error.after, 1, 1.0))
