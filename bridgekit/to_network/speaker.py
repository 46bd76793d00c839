"""Which login does what an event asks for, and under which name."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import LoginError
from bridgekit.events import MemberState
from bridgekit.facts import Profile
from bridgekit.ids import LoginID, UserID
from bridgekit.login.logins import OFF
from bridgekit.login.owners import Owners
from bridgekit.networks import Network
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.profiles import Profiles
from bridgekit.person.relay_names import RelayNames
from bridgekit.reasons import Reason
from bridgekit.to_network.act import Act, Scene
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.membership import Moving
from bridgekit.to_network.relay import Relay


@dataclass(frozen=True, slots=True)
class Speaker:
    """`relayed`: the login is not the author's own, so what it sends must name them."""

    login: LoginID
    author: Profile
    relayed: bool


class Speakers:
    """Chooses who does an act on the network."""

    def __init__(
        self,
        owners: Owners,
        relay: Relay,
        profiles: Profiles,
        names: RelayNames,
        permissions: Permissions,
    ) -> None:
        self._owners, self._relay, self._permissions = owners, relay, permissions
        self._profiles, self._names = profiles, names

    def check(self, sender: UserID, network: Network) -> None:
        """Raises `Failed` if they may not speak.

        What another portal of the room brought is permitted: the operator linked both.
        """
        if not self._owners.is_ours(sender):
            decision = self._permissions.decide(sender, Right.SPEAK, network.name)
            if not decision.allowed:
                raise Failed(Reason.NOT_PERMITTED, decision.sentence)

    async def of(self, scene: Scene, act: Act) -> Speaker:
        """Who does it. Raises `Failed` if nobody may, `LoginError` if nobody can."""
        network = scene.network
        if isinstance(network.adapter, StandIn):
            raise LoginError(OFF)
        author = act.own or scene.sender
        profile = await self._profiles.of(scene.room, author)
        login = await self._login(scene, act, profile)
        if login in self._owners.of(network.name, author):
            return Speaker(login, profile, relayed=False)
        shown = self._names.known(network.name, scene.room, author, profile)
        if shown is None:
            settings = network.options.relay
            shown = await self._names.given(settings, network.name, scene.room, author, profile)
        return Speaker(login, shown, relayed=True)

    async def _login(self, scene: Scene, act: Act, profile: Profile) -> LoginID:
        network, portal, own = scene.network, scene.portal, act.own
        login = act.through
        if login is not None and self._relay.lends(network, portal, login, scene.sender):
            return login
        receiver = portal.key.receiver
        if own is not None:
            login = self._owners.existing(network, own, portal)
            if login is None and isinstance(act, Moving) and self._comes(scene, act):
                login = await self._owners.own_login(network, own, profile)
        else:
            login = await self._own(scene, profile) or self._relay.of(network, portal)
        if login is None and own is not None:
            who = f"Only somebody with a login of their own can do that on {network.name}."
            raise Failed(Reason.NOT_THEIRS) if act.through else Failed(Reason.UNSUPPORTED, who)
        if portal.private and login != receiver:
            raise Failed(Reason.NO_LOGIN, "Only the person whose chat this is can speak in it.")
        if login is None:
            raise Failed(Reason.NO_LOGIN)
        return login

    def _comes(self, scene: Scene, act: Moving) -> bool:
        """Whether somebody who joins the room is to be in the chat at once."""
        adapter: object = scene.network.adapter
        if act.state is not MemberState.JOIN or not isinstance(adapter, SupportsAutomaticLogin):
            return False
        return act.user is None and adapter.comes_with(scene.portal.key.chat)

    async def _own(self, scene: Scene, profile: Profile) -> LoginID | None:
        """Their own login for this chat, which a ghost or the bot never has."""
        if self._owners.is_ours(scene.sender):
            return None
        return await self._owners.own_login(scene.network, scene.sender, profile, scene.portal)
