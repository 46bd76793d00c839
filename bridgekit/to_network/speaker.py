"""Which login does what an event asks for, and under which name."""

from __future__ import annotations

from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import LoginError
from bridgekit.facts import Profile
from bridgekit.ids import LoginID
from bridgekit.login.logins import OFF
from bridgekit.login.owners import Owners
from bridgekit.person.profiles import Profiles
from bridgekit.reasons import Reason
from bridgekit.to_network.act import Act, Scene
from bridgekit.to_network.failure import Failed


class Speakers:
    """Chooses who does an act on the network."""

    def __init__(self, owners: Owners, profiles: Profiles) -> None:
        self._owners, self._profiles = owners, profiles

    async def of(self, scene: Scene, act: Act) -> tuple[LoginID, Profile]:
        """The login that does it, and how its author is shown."""
        network, portal, own = scene.network, scene.portal, act.own
        if isinstance(network.adapter, StandIn):
            raise LoginError(OFF)
        profile = await self._profiles.of(scene.room, own or scene.sender)
        login = act.through
        if login is not None and self._owners.lends(network, login, scene.sender):
            return login, profile
        if own is None:
            login = await self._owners.login_for(network, scene.sender, profile)
        else:
            login = self._owners.existing(network, own)
        if login is None and own is not None:
            who = f"Only somebody with a login of their own can do that on {network.name}."
            raise Failed(Reason.NOT_THEIRS) if act.through else Failed(Reason.UNSUPPORTED, who)
        if portal.private and login != portal.key.receiver:
            raise Failed(Reason.NO_LOGIN, "Only the person whose chat this is can speak in it.")
        if login is None:
            raise Failed(Reason.NO_LOGIN)
        return login, profile
