"""Whose a linked message is: somebody's on Matrix, or a remote user's, whom a ghost shows."""

from __future__ import annotations

from bridgekit.events import Content
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.login.owners import Owners
from bridgekit.person.ghosts import Ghosts
from bridgekit.puppets.voices import Voices
from bridgekit.to_matrix.scene import Scene


class Authors:
    """Reads `Link.sender` and `Relation.sender`: an MXID, a remote user's ID, or nothing."""

    def __init__(self, owners: Owners, ghosts: Ghosts, voices: Voices) -> None:
        self._owners, self._ghosts, self._voices = owners, ghosts, voices

    def person(self, sender: str) -> UserID | None:
        """The person on Matrix who wrote it; None if it came from the network."""
        is_mxid = sender.startswith("@") and ":" in sender
        return UserID(sender) if is_mxid and not self._owners.is_ours(UserID(sender)) else None

    def ghost(self, network: NetworkName, sender: str) -> UserID | None:
        """The ghost that shows the remote user; None if nobody wrote it, or a person."""
        if not sender or self.person(sender) is not None:
            return None
        mxid = self._owners.mxid(network, RemoteUserID(sender))
        return mxid if self._owners.is_ours(mxid) else None

    def did(self, scene: Scene[Content], person: UserID) -> bool:
        """Whether it is this person who did it on the network, with their own account there."""
        user = scene.event.sender
        if user is None:
            return False
        return self._voices.person(scene.portal, scene.network.name, user) == person

    def is_ours(self, user: UserID) -> bool:
        """Whether this is the bot or a ghost."""
        return self._owners.is_ours(user)

    async def senders(self, scene: Scene[Content], sender: str) -> tuple[UserID, ...]:
        """Who shows in a room what the remote user says: their puppet, their ghost; or nobody.

        What a person wrote on Matrix themselves is theirs to change, from the network, too.
        """
        wrote = self.person(sender)
        if wrote is not None:
            account = None
            if self.did(scene, wrote):
                account = await self._voices.account(scene.portal, wrote)
            return () if account is None else (wrote,)
        if not sender:
            return ()
        user = RemoteUserID(sender)
        ghost = self._ghosts.mxid(scene.network.name, user)
        person = self._voices.person(scene.portal, scene.network.name, user)
        if person is None:
            return (ghost,)
        account = await self._voices.account(scene.portal, person)
        return (ghost,) if account is None else (account.user, ghost)

    def mxid(self, network: NetworkName, user: RemoteUserID) -> UserID:
        """Who a remote user is on Matrix: their ghost, or the person whose login it is."""
        return self._owners.mxid(network, user)
